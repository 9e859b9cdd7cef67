import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel } from "effect"
import {
  invokeEndpoint,
  Resilience,
  RetryPolicy,
  type SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { RequestListener } from "node:http"
import { serve } from "./support/server.ts"

const hour = 3_600_000

/** Changes the system time by `millis`, after a delay, until the scope closes. Timers are not changed. */
const changeSystemTime = (millis: number, delay = 30) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const now = Date.now.bind(Date)
      let spy: ReturnType<typeof vi.spyOn> | undefined
      const timer = setTimeout(() => {
        spy = vi.spyOn(Date, "now").mockImplementation(() => now() + millis)
      }, delay)
      return () => {
        clearTimeout(timer)
        spy?.mockRestore()
      }
    }),
    (restore) => Effect.sync(restore)
  )

type HttpLayer = Layer.Layer<HttpClient.HttpClient, SageMakerError.ConfigurationError>

const httpClients: ReadonlyArray<readonly [string, HttpLayer]> = [
  ["fetch", FetchHttpClient.layer],
  ["Node", NodeHttpClient.layer()]
]

const client = (url: string, http: HttpLayer) =>
  Layer.provide(SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }), [Signer.layerAnonymous, http])

const neverResponds: RequestListener = () => {}

const stallsInBody: RequestListener = (_, response) => {
  response.writeHead(200, { "content-length": "10" }).write("1")
}

const cases: ReadonlyArray<readonly [keyof Timeouts.Deadlines, RequestListener]> = [
  ["firstByte", neverResponds],
  ["attempt", neverResponds],
  ["total", neverResponds],
  ["idle", stallsInBody],
  ["attempt", stallsInBody],
  ["total", stallsInBody]
]

const unlimited: Timeouts.Deadlines = { firstByte: Infinity, idle: Infinity, attempt: Infinity, total: Infinity }

for (const [name, http] of httpClients) {
  describe(`With ${name}, if the system time changes during a call,`, () => {
    for (
      const [change, millis] of [["back 30 seconds", -30_000], ["back an hour", -hour], ["forward", hour]] as const
    ) {
      for (const [phase, listener] of cases) {
        const where = listener === stallsInBody ? "in the body" : "before the response"
        it.scopedLive(`${change}: ${phase} ends a call that waits ${where}`, () =>
          Effect.gen(function*() {
            const { url } = yield* serve(listener)
            yield* changeSystemTime(millis)
            const begin = performance.now()
            const error = yield* invokeEndpoint({ EndpointName: "chat", Body: "{}" }).pipe(
              Timeouts.use({ ...unlimited, [phase]: "150 millis" }),
              RetryPolicy.use(RetryPolicy.none),
              Effect.flip,
              Effect.provide(client(url, http)),
              Effect.timeout("3 seconds")
            )
            assert.deepInclude(error, { _tag: "TimeoutError", phase })
            assert.isAtLeast(performance.now() - begin, 140)
          }))
      }
    }
  })
}

describe("If the system time goes back an hour,", () => {
  it.scopedLive("an open circuit still closes", () =>
    Effect.gen(function*() {
      let status = 503
      const { url } = yield* serve((_, response) => response.writeHead(status).end())
      const broken = Resilience.circuitBreaker({ minimumThroughput: 1, breakDuration: "150 millis" })
      const call = RetryPolicy.use(RetryPolicy.none)(invokeEndpoint({ EndpointName: "chat", Body: "{}" }))
      yield* Effect.gen(function*() {
        yield* Effect.flip(call)
        yield* changeSystemTime(-hour, 0)
        yield* Effect.sleep("20 millis")
        assert.strictEqual((yield* Effect.flip(call))._tag, "CircuitOpenError")
        status = 200
        yield* Effect.sleep("200 millis")
        assert.strictEqual((yield* call).$metadata.httpStatusCode, 200)
      }).pipe(Effect.provide(broken(client(url, NodeHttpClient.layer()))))
    }).pipe(Logger.withMinimumLogLevel(LogLevel.None)))
})
