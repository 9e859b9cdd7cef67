import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import {
  RetryPolicy,
  type SageMakerError,
  type SageMakerRuntime,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { advanceClock, call, input } from "./support/call.ts"
import { stalledBody } from "./support/responseBodies.ts"
import { refusal, scriptedRuntime } from "./support/scriptedHttpClient.ts"

type Call = Effect.Effect<unknown, SageMakerError.SageMakerError, SageMakerRuntime.SageMakerRuntime>
type Cases = ReadonlyArray<readonly [what: string, effect: Call]>

const stream = streamEndpoint(input)
const unavailable = refusal(503, "ServiceUnavailable")

describe("RetryPolicy.use", () => {
  const once: Cases = [
    ["a stream, in a pipe", Stream.runDrain(stream.pipe(RetryPolicy.use(RetryPolicy.none)))],
    ["a stream, data first", Stream.runDrain(RetryPolicy.use(stream, RetryPolicy.none))],
    ["an effect, in a pipe", call.pipe(RetryPolicy.use(RetryPolicy.none))],
    ["an effect, data first", RetryPolicy.use(call, RetryPolicy.none)]
  ]
  for (const [what, effect] of once) {
    it.effect(`sets the policy for ${what}`, () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(unavailable)
        assert.propertyVal(yield* Effect.flip(Effect.provide(effect, server.layer)), "attempts", 1)
        assert.strictEqual(yield* server.attempts, 1)
      }))
  }

  it.effect("does not change the policy of other streams", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(unavailable)
      const both = Stream.concat(
        Stream.catchAll(RetryPolicy.use(stream, RetryPolicy.none), ({ _tag }) => Stream.make(_tag)),
        stream
      )
      yield* Effect.flip(Stream.runDrain(both)).pipe(Effect.provide(server.layer), advanceClock("1 hour"))
      assert.strictEqual(yield* server.attempts, 1 + 3)
    }))
})

describe("Timeouts.use", () => {
  const quick = { firstByte: "3 seconds" } as const
  const timed: Cases = [
    ["a stream, in a pipe", Stream.runDrain(stream.pipe(Timeouts.use(quick)))],
    ["a stream, data first", Stream.runDrain(Timeouts.use(stream, quick))],
    ["an effect, data first", Timeouts.use(call, quick)]
  ]
  for (const [what, effect] of timed) {
    it.effect(`sets a timeout for ${what}`, () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(Effect.never)
        const error = yield* Effect.flip(effect).pipe(Effect.provide(server.layer), advanceClock("1 minute"))
        assert.deepInclude(error, { _tag: "TimeoutError", phase: "firstByte", duration: 3_000 })
      }))
  }

  it.effect("sets the idle timeout of a stream and keeps outer values", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(stalledBody({ status: 200 }))
      const error = yield* stream.pipe(
        Timeouts.use({ firstByte: "1 second" }),
        Timeouts.use({ idle: "5 seconds" }),
        Stream.runDrain,
        Effect.flip,
        Effect.provide(server.layer),
        advanceClock("1 minute")
      )
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "idle", duration: 5_000 })
    }))
})
