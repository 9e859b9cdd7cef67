import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { RetryPolicy, type SageMakerError, type SageMakerRuntime, Timeouts } from "effect-sagemaker-runtime"
import { advanceClock, call } from "../../support/call.ts"
import { notReady, ok, type Reply, scriptedRuntime } from "../../support/scriptedHttpClient.ts"

type Client = Layer.Layer<SageMakerRuntime.SageMakerRuntime, SageMakerError.ConfigurationError>
type Place = (client: Client, reference: Layer.Layer<never>) => Client

const places: ReadonlyArray<readonly [string, Place]> = [
  ["if provided to the client's layer", (client, reference) => Layer.provide(client, reference)],
  ["if provided to the client's layer with provideMerge", (client, reference) => Layer.provideMerge(client, reference)],
  ["if merged with the client's layer", (client, reference) => Layer.merge(client, reference)]
]

const attemptsWith = (
  place: (client: Client) => Client,
  run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime({ status: 503 })
    yield* call.pipe(run, Effect.exit, Effect.provide(place(server.layer)), advanceClock("1 hour"))
    return yield* server.attempts
  })

const phaseWith = (
  place: (client: Client) => Client,
  run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(Effect.never)
    const error = yield* call.pipe(run, Effect.flip, Effect.provide(place(server.layer)), advanceClock("1 hour"))
    return "phase" in error ? error.phase : error._tag
  })

const asIs = <A>(value: A): A => value
const twice = RetryPolicy.standard({ maxAttempts: 2 })

describe("A retry policy", () => {
  for (const [name, place] of places) {
    it.effect(`is in effect ${name}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* attemptsWith((client) => place(client, RetryPolicy.layer(twice)), asIs), 2)
      }))

    it.effect(`${name}, is overridden by the policy of the call`, () =>
      Effect.gen(function*() {
        const attempts = yield* attemptsWith(
          (client) => place(client, RetryPolicy.layer(twice)),
          RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 5 }))
        )
        assert.strictEqual(attempts, 5)
      }))
  }

  it.effect("of a call applies to that call only", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 503 })
      yield* Effect.exit(RetryPolicy.use(RetryPolicy.none)(call)).pipe(
        Effect.zipRight(Effect.exit(call)),
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual(yield* server.attempts, 1 + 3)
    }))

  it.effect("of the client is in effect in a call without a policy", () =>
    Effect.gen(function*() {
      const attempts = yield* attemptsWith(
        (client) => Layer.provide(client, RetryPolicy.layer(RetryPolicy.none)),
        Timeouts.use({ total: "1 minute" })
      )
      assert.strictEqual(attempts, 1)
    }))

  it.effect("merged with a client overrides the policy that the client was built with", () =>
    Effect.gen(function*() {
      const attempts = yield* attemptsWith(
        (client) =>
          Layer.provide(client, RetryPolicy.layer(RetryPolicy.none)).pipe(Layer.merge(RetryPolicy.layer(twice))),
        asIs
      )
      assert.strictEqual(attempts, 2)
    }))

  it.effect("that is innermost takes precedence", () =>
    Effect.gen(function*() {
      const attempts = yield* attemptsWith(asIs, (effect) =>
        effect.pipe(RetryPolicy.use(twice), RetryPolicy.use(RetryPolicy.none)))
      assert.strictEqual(attempts, 2)
    }))
})

describe("Timeouts", () => {
  for (const [name, place] of places) {
    it.effect(`are in effect ${name}`, () =>
      Effect.gen(function*() {
        const phase = yield* phaseWith((client) => place(client, Timeouts.layer({ attempt: "1 seconds" })), asIs)
        assert.strictEqual(phase, "attempt")
      }))

    it.effect(`${name}, are overridden by those of the call`, () =>
      Effect.gen(function*() {
        const phase = yield* phaseWith(
          (client) => place(client, Timeouts.layer({ firstByte: "20 seconds" })),
          Timeouts.use({ attempt: "10 seconds" })
        )
        assert.strictEqual(phase, "attempt")
      }))
  }

  it.effect("that a call omits are those of the client", () =>
    Effect.gen(function*() {
      const phase = yield* phaseWith(
        (client) => Layer.provide(client, Timeouts.layer({ attempt: "20 seconds" })),
        Timeouts.use({ firstByte: "30 seconds" })
      )
      assert.strictEqual(phase, "attempt")
    }))

  it.effect("of the client are in effect in a call that only has a retry policy", () =>
    Effect.gen(function*() {
      const phase = yield* phaseWith(
        (client) => Layer.provide(client, Timeouts.layer({ total: "20 seconds" })),
        RetryPolicy.use(RetryPolicy.none)
      )
      assert.strictEqual(phase, "total")
    }))
})

describe("The retry quota of a client", () => {
  const failing: Reply = { status: 503 }

  /** The number of retries that 500 tokens allow: 35 at 14 tokens each. */
  const drain = Effect.exit(call).pipe(Effect.repeatN(19))

  const lastAttempts = Effect.map(Effect.flip(call), (error) => "attempts" in error ? error.attempts : undefined)

  it.effect("is shared by its calls, which fail at the first attempt when it is empty", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(failing)
      const attempts = yield* Effect.zipRight(drain, lastAttempts).pipe(
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual(attempts, 1)
      assert.strictEqual(yield* server.attempts, 20 + 35 + 1)
    }))

  it.effect("is shared by concurrent calls", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(failing)
      yield* Effect.all(Array.from({ length: 100 }, () => Effect.exit(call)), { concurrency: "unbounded" }).pipe(
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual(yield* server.attempts, 100 + 35)
    }))

  it.effect("is used by every retry policy", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(failing)
      const attempts = yield* drain.pipe(
        RetryPolicy.use(RetryPolicy.standard()),
        Effect.zipRight(RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 9 }))(lastAttempts)),
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual(attempts, 1)
    }))

  it.effect("does not limit a schedule", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(failing)
      const attempts = yield* drain.pipe(
        Effect.zipRight(RetryPolicy.use(RetryPolicy.fromSchedule(Schedule.recurs(6)))(lastAttempts)),
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual(attempts, 7)
    }))

  it.effect("is not shared by two clients with the same policy", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.layer(RetryPolicy.standard())
      const [drained, fresh] = yield* Effect.all([scriptedRuntime(failing), scriptedRuntime(failing)])
      yield* drain.pipe(Effect.provide(Layer.provide(drained.layer, policy)), advanceClock("1 hour"))
      const attempts = yield* lastAttempts.pipe(
        Effect.provide(Layer.provide(fresh.layer, policy)),
        advanceClock("1 hour")
      )
      assert.strictEqual(attempts, 3)
    }))

  it.effect("is not shared by two clients in use at the same time", () =>
    Effect.gen(function*() {
      const [drained, fresh] = yield* Effect.all([scriptedRuntime(failing), scriptedRuntime(failing)])
      const attempts = yield* Effect.zipRight(drain, Effect.provide(lastAttempts, fresh.layer)).pipe(
        Effect.provide(drained.layer),
        RetryPolicy.use(RetryPolicy.standard()),
        advanceClock("1 hour")
      )
      assert.strictEqual(attempts, 3)
    }))

  it.effect("is new for each build of a layer", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(failing)
      yield* drain.pipe(Effect.provide(server.layer), advanceClock("1 hour"))
      assert.strictEqual(yield* lastAttempts.pipe(Effect.provide(server.layer), advanceClock("1 hour")), 3)
    }))

  it.effect("gets back the cost of a retry after a success", () =>
    Effect.gen(function*() {
      const replies = Array.from({ length: 60 }, () => [notReady, ok]).flat()
      const server = yield* scriptedRuntime(...replies, failing)
      yield* call.pipe(
        Effect.repeatN(59),
        Effect.zipRight(Effect.exit(call)),
        Effect.provide(server.layer),
        advanceClock("1 hour")
      )
      assert.strictEqual(yield* server.attempts, 120 + 3)
    }))
})
