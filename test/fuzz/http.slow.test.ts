import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, FastCheck, Layer, Runtime, Schedule, Scope } from "effect"
import {
  Credentials,
  RetryPolicy,
  type SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { memoryInUse } from "../support/memory.ts"
import { calls } from "./calls.ts"
import { canaries } from "./canaries.ts"
import { isBlocked, longestBlock, violation } from "./claims.ts"
import { script } from "./scripts.ts"
import { scriptServer } from "./scriptServer.ts"

const runs = 250 * Number(process.env["FUZZ_RUNS"] ?? 1)

const total = Duration.millis(600)

/** A busy machine runs a timer late. */
const margin = Duration.seconds(4)

const maxGrowthBytes = 48 * 1024 * 1024

type HttpLayer = Layer.Layer<HttpClient.HttpClient, SageMakerError.ConfigurationError>

const httpClients: ReadonlyArray<readonly [string, HttpLayer]> = [
  ["fetch", FetchHttpClient.layer],
  ["Node", NodeHttpClient.layer({ proxy: false })]
]

const clientOf = (url: string, http: HttpLayer) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url, maxResponseBytes: 4 * 1024 * 1024 }).pipe(
    Layer.provide([
      Layer.provide(
        Signer.layer,
        Credentials.layer({
          accessKeyId: "AKIDEXAMPLE",
          secretAccessKey: canaries.secretKey,
          sessionToken: canaries.token
        })
      ),
      http
    ]),
    Layer.provide([
      Timeouts.layer({ firstByte: "150 millis", idle: "150 millis", attempt: "300 millis", total }),
      RetryPolicy.layer(RetryPolicy.standard({ maxAttempts: 2 }))
    ])
  )

const realNow = Date.now.bind(Date)

/** Changes the system time by `millis` after `delay` milliseconds, while an effect runs. */
const withClockJump = (millis: number, delay: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      setTimeout(() => {
        Date.now = () => realNow() + millis
      }, delay)
    ),
    () => effect,
    (timer) =>
      Effect.sync(() => {
        clearTimeout(timer)
        Date.now = realNow
      })
  )

const scenario = FastCheck.record({
  call: FastCheck.constantFrom(...Object.keys(calls)),
  script,
  jump: FastCheck.constantFrom(0, 0, 0, -3_600_000, -30_000, 30_000, 3_600_000),
  jumpDelay: FastCheck.integer({ min: 0, max: 40 })
})

type Scenario = typeof scenario extends FastCheck.Arbitrary<infer A> ? A : never

/** Errors of promises and emitters that nothing handles. */
const unhandledErrors = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<unknown> = []
    const add = (error: unknown) => void seen.push(error)
    process.on("unhandledRejection", add).on("uncaughtExceptionMonitor", add)
    return { seen, add }
  }),
  ({ add }) => Effect.sync(() => void process.off("unhandledRejection", add).off("uncaughtExceptionMonitor", add))
)

describe("Against a hostile server, every call", () => {
  for (const [name, http] of httpClients) {
    it.scopedLive(
      `ends in time, typed, without a leak and without a blocked event loop, over ${name}`,
      () =>
        Effect.gen(function*() {
          const server = yield* scriptServer
          const { seen } = yield* unhandledErrors
          const clientScope = yield* Scope.make()
          const client = yield* Layer.buildWithScope(clientOf(server.url, http), clientScope)
          const runtime = yield* Effect.runtime()
          const run = ({ call, jump, jumpDelay, script }: Scenario) =>
            Effect.zipRight(
              server.play(script),
              longestBlock(Effect.exit(Effect.provide(calls[call]!, client)).pipe(withClockJump(jump, jumpDelay)))
            )
          let kept = 0
          const check = (given: Scenario) =>
            Effect.gen(function*() {
              kept += name === "fetch" && given.script.hasBodilessStatus ? 1 : 0
              const begin = performance.now()
              const result = yield* run(given)
              const elapsed = performance.now() - begin
              assert.isBelow(elapsed, Duration.toMillis(total) + Duration.toMillis(margin), `${given.call} is too late`)
              assert.isUndefined(violation(result.value), given.call)
              assert.deepStrictEqual(seen, [])
              let longest = result.longest
              for (let again = 0; again < 3 && isBlocked(longest); again++) {
                longest = Math.min(longest, (yield* run(given)).longest)
              }
              assert.isFalse(isBlocked(longest), `${given.call} blocks the event loop for ${Math.round(longest)} ms`)
            })
          const before = yield* memoryInUse
          yield* Effect.promise(() =>
            FastCheck.assert(
              FastCheck.asyncProperty(scenario, (given) => Runtime.runPromise(runtime)(check(given))),
              { numRuns: runs, endOnFailure: true }
            )
          )
          assert.isBelow((yield* memoryInUse) - before, maxGrowthBytes)
          yield* Scope.close(clientScope, Exit.void)
          const closed = Effect.filterOrFail(server.connections, (open) => open <= kept)
          yield* Effect.retry(closed, Schedule.spaced("100 millis").pipe(Schedule.upTo("15 seconds")))
        }),
      300_000
    )
  }
})
