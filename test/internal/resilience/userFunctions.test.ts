import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, Fiber, ManagedRuntime, Schedule, TestClock } from "effect"
import { Codec, ModelEndpoint, Resilience, RetryPolicy } from "effect-sagemaker-runtime"
import { call, input } from "../../support/call.ts"
import { errorResponse, invoke, ok, okResponse, type Reply, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

const bug = new Error("a bug in a function of the user")
const throwing = (): never => {
  throw bug
}

const limits = { permits: 1 }

/** Limits that a call could hold forever: a permit, a circuit and the queue of the send rate. */
const limited = (...replies: ReadonlyArray<Reply>) =>
  Effect.map(scriptedRuntime(...replies), ({ layer }) =>
    layer.pipe(
      Resilience.circuitBreaker({ minimumThroughput: 100 }),
      Resilience.concurrency(limits),
      Resilience.rateLimit({ limit: 100, interval: "1 second" })
    ))

const defectsOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) ? Chunk.toReadonlyArray(Cause.defects(exit.cause)) : []

const model = ModelEndpoint.make(input.EndpointName, { request: Codec.text, response: Codec.text })

describe("A function of the user that throws ends its call with a defect and holds no permit:", () => {
  for (
    const [name, failing] of [
      [
        "while of RetryPolicy.fromSchedule",
        call.pipe(
          RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.recurs(3), { while: throwing }))
        )
      ],
      [
        "the schedule of RetryPolicy.fromSchedule",
        call.pipe(
          RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.map(Schedule.recurs(3), throwing)))
        )
      ],
      [
        "the predicate of RetryPolicy.whileError",
        call.pipe(
          RetryPolicy.use(RetryPolicy.whileError(RetryPolicy.standard(), throwing))
        )
      ],
      ["a custom policy", call.pipe(RetryPolicy.use({ around: throwing }))],
      [
        "report of a custom send rate",
        call.pipe(
          RetryPolicy.use({
            around: (quota) =>
              RetryPolicy.paced.around({ ...quota, sendRate: () => ({ acquire: Effect.void, report: throwing }) })
          })
        )
      ],
      ["onProgress of warmUp", ModelEndpoint.warmUp(model, Schedule.recurs(3), { onProgress: throwing })],
      ["the schedule of warmUp", ModelEndpoint.warmUp(model, Schedule.map(Schedule.recurs(3), throwing))]
    ] as const
  ) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const client = yield* limited(errorResponse(429, "ModelNotReadyException"), ok)
        yield* Effect.gen(function*() {
          const failed: Effect.Effect<unknown, unknown, Effect.Effect.Context<typeof call>> = failing
          assert.deepStrictEqual(defectsOf(yield* Effect.exit(failed)), [bug])
          yield* Effect.exit(call)
          yield* call
        }).pipe(RetryPolicy.use(RetryPolicy.none), Effect.provide(client))
      }))
  }

  it.effect("key of a limit, and while of a fallback", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(errorResponse(503), ok)
      for (
        const limit of [
          Resilience.concurrency({ ...limits, key: throwing }),
          Resilience.rateLimit({ limit: 1, interval: "1 hour", key: throwing }),
          Resilience.circuitBreaker({ key: throwing }),
          Resilience.fallback({ [input.EndpointName]: { EndpointName: "other" } }, { while: throwing })
        ]
      ) {
        const exit = yield* call.pipe(
          RetryPolicy.use(RetryPolicy.none),
          Effect.exit,
          Effect.provide(limit(Resilience.concurrency(limits)(layer)))
        )
        assert.deepStrictEqual(defectsOf(exit), [bug])
      }
    }))
})

describe("When the runtime of a client is disposed,", () => {
  it.effect("calls that wait for a permit, a retry or a circuit end, and the disposal does not wait for them", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(
        Effect.zipRight(Effect.sleep("10 seconds"), errorResponse(503)),
        okResponse
      )
      const runtime = ManagedRuntime.make(
        layer.pipe(
          Resilience.circuitBreaker({ minimumThroughput: 100 }),
          Resilience.concurrency({ permits: 1, queue: 1 })
        )
      )
      const clock = yield* Effect.clock
      const calls = ["first", "second"].map(() => runtime.runFork(Effect.withClock(invoke("chat"), clock)))
      yield* TestClock.adjust("1 second")
      yield* runtime.disposeEffect
      assert.isTrue(calls.every((fiber) => fiber.unsafePoll() === null))
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(Fiber.all(calls))))
    }))
})
