import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, pipe, Ref, Schedule, TestClock } from "effect"
import { Codec, ModelEndpoint, RetryPolicy } from "effect-sagemaker-runtime"
import { notReady, ok, refusal, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const model = ModelEndpoint.make("cold", { request: Codec.text, response: Codec.text, TargetVariant: "blue" })
const everyFive = Schedule.spaced("5 seconds")
const modelError = refusal(424, "ModelError", { Message: "no input", OriginalStatusCode: 400 })

describe("ModelEndpoint.warmUp", () => {
  it.effect("sends requests until the model is ready, and reports its progress", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady, notReady, notReady, ok)
      const told = yield* Ref.make<ReadonlyArray<readonly [number, number]>>([])
      const onProgress = ({ attempts, elapsed }: ModelEndpoint.WarmUpProgress) =>
        Ref.update(told, (before) => [...before, [attempts, Duration.toMillis(elapsed)] as const])
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive, { onProgress }).pipe(
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust("14 seconds")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), { attempts: 4, elapsed: Duration.seconds(15) })
      assert.deepStrictEqual(yield* Ref.get(told), [[1, 0], [2, 5000], [3, 10_000]])
      assert.strictEqual(yield* server.attempts, 4)
      const [request] = yield* server.requests
      assert.strictEqual(request!.headers["x-amzn-sagemaker-target-variant"], "blue")
    }))

  it.effect("accepts any response of the container as ready if no value is given", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(modelError)
      assert.strictEqual((yield* ModelEndpoint.warmUp(model, everyFive).pipe(Effect.provide(server.layer))).attempts, 1)
      const { attempts } = yield* pipe(model, ModelEndpoint.warmUp(everyFive), Effect.provide(server.layer))
      assert.strictEqual(attempts, 1)
    }))

  it.effect("sends the given value and requires a success", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(modelError)
      const error = yield* ModelEndpoint.warmUp(model, everyFive, { value: "hello", TargetVariant: "green" }).pipe(
        Effect.provide(server.layer),
        Effect.flip
      )
      assert.strictEqual(error._tag, "ModelError")
      const [request] = yield* server.requests
      assert.include(request!.headers, { "content-type": "text/plain", "x-amzn-sagemaker-target-variant": "green" })
    }))

  it.effect("ends with its schedule", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(notReady)
      const fiber = yield* ModelEndpoint.warmUp(model, Schedule.intersect(everyFive, Schedule.recurs(2))).pipe(
        Effect.provide(server.layer),
        Effect.flip,
        Effect.fork
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "ModelNotReadyException")
      assert.strictEqual(yield* server.attempts, 3)
    }))

  it.effect("retries other failures by the client's policy, and does not use its quota", () =>
    Effect.gen(function*() {
      const unavailable = refusal(503, "ServiceUnavailable")
      const server = yield* scriptedRuntime(unavailable, notReady, unavailable, unavailable, ok)
      const fiber = yield* ModelEndpoint.warmUp(model, everyFive).pipe(
        Effect.provide(server.layer),
        RetryPolicy.use(RetryPolicy.standard({ maxAttempts: 3 })),
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).attempts, 2)
      assert.strictEqual(yield* server.attempts, 5)
      const refused = yield* scriptedRuntime(refusal(400, "ValidationError", { Message: "no such endpoint" }))
      const error = yield* ModelEndpoint.warmUp(model, everyFive).pipe(Effect.provide(refused.layer), Effect.flip)
      assert.strictEqual(error._tag, "ValidationError")
    }))
})
