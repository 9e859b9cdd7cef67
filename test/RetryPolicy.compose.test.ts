import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { RetryPolicy, type SageMakerError } from "effect-sagemaker-runtime"
import { advanceClock, call, withFixedRandom } from "./support/call.ts"
import { notReady, ok, refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const under = (policy: RetryPolicy.Policy, ...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(...replies)
    const end = yield* call.pipe(
      RetryPolicy.use(policy),
      Effect.match({
        onFailure: (error: SageMakerError.CommonError | { readonly _tag: string }) => error._tag,
        onSuccess: ({ $metadata }) => $metadata.totalRetryDelay
      }),
      Effect.provide(server.layer),
      withFixedRandom(1),
      advanceClock("1 hour")
    )
    const requests = yield* server.requests
    return { end, attempts: requests.length, header: requests.at(-1)?.headers["amz-sdk-request"] }
  })

const unavailable: Reply = { status: 503 }
const isCold = ({ _tag }: { readonly _tag: string }) => _tag === "ModelNotReadyException"

const coldModelPolicy = RetryPolicy.compose(
  RetryPolicy.fromSchedule(Schedule.intersect(Schedule.spaced("5 seconds"), Schedule.recurs(20)), { while: isCold }),
  RetryPolicy.whileError(RetryPolicy.standard(), (error) => !isCold(error))
)

describe("A policy inside another policy", () => {
  it.effect("multiplies its attempts", () =>
    Effect.gen(function*() {
      const twice = RetryPolicy.standard({ maxAttempts: 2 })
      assert.deepStrictEqual(yield* under(RetryPolicy.compose(twice, twice), unavailable), {
        end: "UnknownServiceError",
        attempts: 4,
        header: "attempt=4; max=4"
      })
      const unknown = RetryPolicy.compose(RetryPolicy.fromSchedule(Schedule.recurs(1)), twice)
      assert.deepInclude(yield* under(unknown, unavailable), { attempts: 4, header: "attempt=4" })
      assert.deepInclude(yield* under(RetryPolicy.compose(twice)(RetryPolicy.none), unavailable), { attempts: 2 })
    }))

  it.effect("can wait for a cold model while the outer policy retries other failures", () =>
    Effect.gen(function*() {
      assert.deepInclude(yield* under(coldModelPolicy, notReady), { end: "ModelNotReadyException", attempts: 21 })
      assert.deepInclude(yield* under(coldModelPolicy, unavailable), { end: "UnknownServiceError", attempts: 3 })
      assert.deepInclude(yield* under(coldModelPolicy, notReady, unavailable, notReady, unavailable, unavailable, ok), {
        end: 5_000 + 50 + 5_000 + 50 + 100,
        attempts: 6
      })
      assert.deepInclude(yield* under(coldModelPolicy, refusal(400, "ValidationError")), { attempts: 1 })
    }))

  it.effect("can be the send rate alone", () =>
    Effect.gen(function*() {
      const paced = RetryPolicy.compose(RetryPolicy.fromSchedule(Schedule.recurs(2)), RetryPolicy.paced)
      const { attempts, end } = yield* under(paced, notReady, notReady, ok)
      assert.strictEqual(attempts, 3)
      assert.isAbove(end as number, 1_000)
      assert.deepInclude(yield* under(RetryPolicy.paced, notReady), { attempts: 1, header: "attempt=1; max=1" })
    }))
})

describe("A policy for some errors", () => {
  it.effect("does not retry other errors and does not use the quota for them", () =>
    Effect.gen(function*() {
      const quota = RetryPolicy.makeQuota(100)
      const selective = RetryPolicy.whileError(RetryPolicy.standard(), ({ _tag }) => _tag !== "Busy")
      const failing = (_tag: string) => Effect.fail({ _tag, retry: "transient" as const })
      const error = yield* Effect.flip(selective.around(quota)(failing("Busy")))
      assert.deepStrictEqual(error, { _tag: "Busy", retry: "transient" })
      assert.strictEqual(yield* quota.tokens, 100)
      yield* selective.around(quota)(failing("Lost")).pipe(Effect.flip, advanceClock("1 minute"))
      assert.strictEqual(yield* quota.tokens, 72)
      assert.strictEqual(selective.maxAttempts, 3)
    }))

  it.effect("does not retry other errors, whatever its own condition is", () =>
    Effect.gen(function*() {
      const always = RetryPolicy.fromSchedule(Schedule.recurs(2), { while: () => true })
      const selective = RetryPolicy.whileError(always, ({ _tag }) => _tag !== "ModelNotReadyException")
      assert.deepInclude(yield* under(selective, notReady), { end: "ModelNotReadyException", attempts: 1 })
      assert.deepInclude(yield* under(selective, unavailable), { attempts: 3 })
    }))
})

describe("RetryPolicy.fromSchedule", () => {
  it.effect("retries a timeout of this client only if retryTimeouts is set", () =>
    Effect.gen(function*() {
      const twice = Schedule.recurs(2)
      assert.deepInclude(yield* under(RetryPolicy.fromSchedule(twice), Effect.never), { attempts: 1 })
      assert.deepInclude(yield* under(RetryPolicy.fromSchedule(twice, { retryTimeouts: true }), Effect.never), {
        attempts: 3
      })
    }))
})
