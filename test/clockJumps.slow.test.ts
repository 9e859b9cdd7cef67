import { FetchHttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Schedule } from "effect"
import {
  Codec,
  InvokeEndpoint,
  ModelEndpoint,
  Resilience,
  RetryPolicy,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { vi } from "vitest"
import { anonymousClient } from "./support/anonymousClient.ts"
import { call } from "./support/call.ts"
import { clockJumps, timed, withClockJump } from "./support/clockJump.ts"
import {
  errorResponse,
  invoke,
  ok,
  okResponse,
  scriptedHttpClient,
  scriptedRuntime
} from "./support/scriptedHttpClient.ts"
import { serveTcp } from "./support/server.ts"

const limit = 300
const limitInput = `${limit} millis` as const
/** A timer may fire a millisecond early. The machine may be busy, but each change of the time is larger than 5 s. */
const assertOnTime = (millis: number, expected = limit) => {
  assert.isAtLeast(millis, expected - 2)
  assert.isBelow(millis, expected + 5_000)
}

const head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100000\r\n\r\n"

/** A server that sends the head and then a byte per interval. Without a head it sends nothing. */
const server = ({ every, withHead }: { readonly withHead: boolean; readonly every?: number }) =>
  Effect.map(
    serveTcp((socket) => {
      socket.once("data", () => {
        if (withHead) {
          socket.write(head)
        }
        if (every !== undefined) {
          const timer = setInterval(() => socket.write("x"), every)
          socket.once("close", () => clearInterval(timer))
        }
      })
    }),
    ({ port }) => `http://127.0.0.1:${port}`
  )

const clients = [
  ["fetch", FetchHttpClient.layer],
  ["Node's HTTP client", NodeHttpClient.layer({ proxy: false })]
] as const

const phases = [
  ["firstByte", { withHead: false }],
  ["idle", { withHead: true }],
  ["attempt", { withHead: false }],
  ["attempt", { withHead: true, every: 20 }],
  ["total", { withHead: false }],
  ["total", { withHead: true, every: 20 }]
] as const

for (const jump of clockJumps) {
  describe(`If the system time changes by ${jump / 1_000} s,`, () => {
    for (const [name, http] of clients) {
      for (const [phase, behaviour] of phases) {
        it.scopedLive(`${phase} ends in its time over ${name}: ${JSON.stringify(behaviour)}`, () =>
          Effect.gen(function*() {
            const url = yield* server(behaviour)
            const [error, millis] = yield* call.pipe(
              Timeouts.use({ [phase]: limitInput }),
              Effect.flip,
              timed,
              withClockJump(jump),
              Effect.provide(anonymousClient(url, http))
            )
            assert.deepInclude(error, { _tag: "TimeoutError", phase, duration: limit })
            assertOnTime(millis)
          }))
      }
    }

    it.live("a retry schedule ends in its time, and its attempts have the system's clock", () =>
      Effect.gen(function*() {
        const times: Array<number> = []
        const remote = yield* scriptedRuntime(
          Effect.zipRight(Effect.map(Clock.currentTimeMillis, (now) => times.push(now)), errorResponse(503))
        )
        const schedule = Schedule.spaced("50 millis").pipe(Schedule.upTo(limitInput))
        const [error, millis] = yield* call.pipe(
          RetryPolicy.use(RetryPolicy.fromSchedule(schedule)),
          Effect.flip,
          timed,
          withClockJump(jump, 75),
          Effect.provide(remote.layer)
        )
        assertOnTime(millis)
        assert.isAbove(yield* remote.attempts, 2)
        assert.isAbove(Math.abs(times.at(-1)! - times[0]!), 20_000)
        assert.isAtLeast((error as SageMakerError.UnknownServiceError).totalRetryDelay, 100)
        assert.isBelow((error as SageMakerError.UnknownServiceError).totalRetryDelay, 5_000)
      }))

    it.live("warmUp reports the elapsed time, and its schedule ends in its time", () =>
      Effect.gen(function*() {
        const remote = yield* scriptedRuntime(errorResponse(429, "ModelNotReadyException"))
        const model = ModelEndpoint.make("cold", { request: Codec.text, response: Codec.text })
        const elapsed: Array<number> = []
        const [error, millis] = yield* ModelEndpoint.warmUp(
          model,
          Schedule.spaced("50 millis").pipe(Schedule.upTo(limitInput)),
          { onProgress: (progress) => Effect.sync(() => elapsed.push(Duration.toMillis(progress.elapsed))) }
        ).pipe(Effect.flip, timed, withClockJump(jump), Effect.provide(remote.layer))
        assert.strictEqual(error._tag, "ModelNotReadyException")
        assertOnTime(millis)
        assert.isAtMost(elapsed.at(-1)!, millis + 1)
        assert.isAtLeast(elapsed.at(-1)!, limit - 100)
      }))

    it.live("an open circuit admits an attempt after its break duration, not earlier", () =>
      Effect.gen(function*() {
        let reply = errorResponse(503)
        const remote = yield* scriptedRuntime(() => Effect.suspend(() => reply))
        yield* Effect.gen(function*() {
          const began = performance.now()
          yield* Effect.flip(invoke("chat"))
          reply = okResponse
          yield* Effect.sleep(100)
          const { retryAfterMillis } = (yield* Effect.flip(invoke("chat"))) as SageMakerError.CircuitOpenError
          assert.isAtMost(retryAfterMillis!, 902)
          assert.isAtLeast(retryAfterMillis!, 998 - (performance.now() - began))
          yield* Effect.sleep(retryAfterMillis! + 50)
          yield* invoke("chat")
        }).pipe(
          RetryPolicy.use(RetryPolicy.none),
          withClockJump(jump),
          Effect.provide(Resilience.circuitBreaker({ minimumThroughput: 1, breakDuration: "1 second" })(remote.layer))
        )
      }))

    it.live("the failures of a circuit count as long as before", () =>
      Effect.gen(function*() {
        const remote = yield* scriptedRuntime(errorResponse(503))
        yield* Effect.gen(function*() {
          yield* Effect.flip(invoke("chat"))
          yield* Effect.sleep(80)
          yield* Effect.flip(invoke("chat"))
          assert.strictEqual((yield* Effect.flip(invoke("chat")))._tag, "CircuitOpenError")
        }).pipe(
          RetryPolicy.use(RetryPolicy.none),
          withClockJump(jump),
          Effect.provide(Resilience.circuitBreaker({ minimumThroughput: 2 })(remote.layer))
        )
      }))

    for (const algorithm of ["token-bucket", "fixed-window"] as const) {
      it.live(`a rate limit (${algorithm}) keeps its rate`, () =>
        Effect.gen(function*() {
          const remote = yield* scriptedRuntime(ok)
          const [, millis] = yield* Effect.all([invoke("chat"), invoke("chat"), invoke("chat")], {
            concurrency: "unbounded"
          }).pipe(
            timed,
            withClockJump(jump),
            Effect.provide(Resilience.rateLimit({ limit: 1, interval: "150 millis", algorithm })(remote.layer))
          )
          assertOnTime(millis)
        }))
    }

    it.live("the send rate of the adaptive mode keeps its wait", () =>
      Effect.gen(function*() {
        const rate = RetryPolicy.makeSendRate()
        const [, millis] = yield* rate.acquire.pipe(
          Effect.zipRight(rate.report(true)),
          Effect.zipRight(rate.acquire),
          timed,
          withClockJump(jump)
        )
        assert.isBelow(millis, 3_000)
      }))

    it.live("the next request is signed with the time of the service", () =>
      Effect.gen(function*() {
        const began = Date.now() - performance.now()
        const dates: Array<number> = []
        const remote = yield* scriptedHttpClient((request) =>
          Effect.zipRight(
            Effect.sleep(80),
            Effect.sync(() => {
              dates.push(Date.parse(request.headers["x-amz-date"]!) - (began + performance.now()))
              return new Response("ok", { headers: { date: new Date(began + performance.now()).toUTCString() } })
            })
          )
        )
        const dating = Layer.succeed(Signer.Signer, {
          sign: (request, { date }) =>
            Effect.succeed(HttpClientRequest.setHeader(request, "x-amz-date", date!.toISOString()))
        })
        const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(Layer.provide([dating, remote.http]))
        yield* Effect.zipRight(call, call).pipe(withClockJump(jump), Effect.provide(client))
        // A change of less than 4 minutes is not corrected, as in AWS's SDKs.
        const tolerance = Math.abs(jump) < 240_000 ? Math.abs(jump) + 2_000 : 2_000
        assert.isBelow(Math.abs(dates[1]!), tolerance)
      }))
  })
}

describe("A body that never ends has the default attempt timeout of 10 minutes", () => {
  for (const [name, http] of clients) {
    it.scopedLive(`over ${name}`, () =>
      Effect.gen(function*() {
        const url = yield* server({ withHead: true, every: 20 })
        const now = performance.now.bind(performance)
        let passed = 0
        const spy = vi.spyOn(performance, "now").mockImplementation(() => now() + passed)
        const error = yield* call.pipe(
          Timeouts.use({ idle: "100 millis" }),
          Effect.flip,
          Effect.zipWith(
            Effect.zipRight(Effect.sleep(150), Effect.sync(() => void (passed = 601_000))),
            (failure) => failure,
            { concurrent: true }
          ),
          Effect.ensuring(Effect.sync(() => spy.mockRestore())),
          Effect.provide(anonymousClient(url, http))
        )
        assert.deepInclude(error, { _tag: "TimeoutError", phase: "attempt", duration: 600_000 })
      }))
  }
})

describe("A mocked call", () => {
  it.live("has a retry delay in elapsed time", () =>
    Effect.gen(function*() {
      let attempts = 0
      const mock = MockRuntime.layer(
        MockRuntime.on(InvokeEndpoint.operation, () =>
          ++attempts === 1 ? new SageMakerError.ServiceUnavailable({}) : Effect.succeed({ Body: new Uint8Array() }))
      )
      const output = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.spaced("100 millis"))),
        withClockJump(3_600_000),
        Effect.provide(mock)
      )
      assert.isBelow(output.$metadata.totalRetryDelay, 5_000)
    }))
})
