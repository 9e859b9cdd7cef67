import { assert, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Layer, Ref, TestClock } from "effect"
import { InvokeEndpoint, invokeEndpoint, RetryPolicy, SageMakerError, Timeouts } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"

const input: InvokeEndpoint.InvokeEndpointInput = { EndpointName: "anomaly-v2", Body: "reading" }
const Body = new TextEncoder().encode("answer")

const mock = (
  handler: Parameters<
    typeof MockRuntime.on<
      InvokeEndpoint.InvokeEndpointInput,
      InvokeEndpoint.InvokeEndpointOutput,
      InvokeEndpoint.InvokeEndpointModeledError,
      never
    >
  >[1]
) => MockRuntime.layer(MockRuntime.on(InvokeEndpoint.operation, handler))

it.effect("The handler receives the input, and the caller its output", () =>
  Effect.gen(function*() {
    const seen = yield* Ref.make<ReadonlyArray<InvokeEndpoint.InvokeEndpointInput>>([])
    const layer = mock((request) => Effect.as(Ref.update(seen, (_) => [..._, request]), { Body }))
    const output = yield* Effect.provide(invokeEndpoint(input), layer)
    assert.deepStrictEqual(output.Body, Body)
    assert.deepStrictEqual(output.$metadata, { httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 })
    assert.deepStrictEqual(yield* Ref.get(seen), [input])
  }))

it.effect("The mock validates the input as the client does", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "a/b", Body: "" }))
    assert.include(error, { _tag: "InvalidInputError", field: "EndpointName" })
  }).pipe(Effect.provide(mock(() => Effect.succeed({ Body })))))

it.effect("The retry policy applies to the handler", () =>
  Effect.gen(function*() {
    const attempts = yield* Ref.make(0)
    const layer = mock(() =>
      Effect.zipRight(
        Ref.update(attempts, (_) => _ + 1),
        new SageMakerError.ModelNotReadyException({ message: "loading", requestId: "request-1" })
      )
    )
    const fiber = yield* Effect.fork(Effect.flip(Effect.provide(invokeEndpoint(input), layer)))
    yield* TestClock.adjust("1 minute")
    const error = yield* Fiber.join(fiber)
    assert.include(error, { _tag: "ModelNotReadyException", message: "loading", requestId: "request-1", attempts: 3 })
    assert.strictEqual(yield* Ref.get(attempts), 3)
  }))

it.effect("Timeouts apply to the handler", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.flip(invokeEndpoint(input).pipe(Timeouts.use({ attempt: "2 seconds" }))))
    yield* TestClock.adjust("2 seconds")
    assert.include(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase: "attempt", duration: 2_000 })
  }).pipe(Effect.provide(mock(() => Effect.never))))

it.effect("Policies can be provided to the layer of the mock", () =>
  Effect.gen(function*() {
    const attempts = yield* Ref.make(0)
    const failing = mock(() =>
      Effect.zipRight(Ref.update(attempts, (_) => _ + 1), new SageMakerError.InternalFailure())
    )
    const layer = failing.pipe(Layer.provide(RetryPolicy.layer(RetryPolicy.none)))
    yield* Effect.flip(Effect.provide(invokeEndpoint(input), layer))
    assert.strictEqual(yield* Ref.get(attempts), 1)
  }))

it.effect("An operation without a handler is a defect that names the operation", () =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(invokeEndpoint(input))
    assert.isTrue(
      Exit.isFailure(exit) && Cause.pretty(exit.cause).includes("MockRuntime has no handler for InvokeEndpoint")
    )
  }).pipe(Effect.provide(MockRuntime.layer())))

it.effect("The mock keeps $metadata that the handler returns", () =>
  Effect.gen(function*() {
    const $metadata = {
      requestId: "request-1",
      httpStatusCode: 201,
      attempts: 2,
      totalRetryDelay: Duration.toMillis("1 second")
    }
    const runtime = yield* Layer.build(mock(() => Effect.succeed({ Body, $metadata })))
    const output = yield* Effect.provide(invokeEndpoint(input), runtime)
    assert.deepStrictEqual(output.$metadata, $metadata)
  }).pipe(Effect.scoped))

it.effect("The mock keeps the hidden text of an error when it adds metadata", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(invokeEndpoint(input))
    assert.strictEqual((error as SageMakerError.ModelError).OriginalMessage, "secret")
    assert.notInclude(JSON.stringify(error), "secret")
  }).pipe(
    Effect.provide(mock(() => new SageMakerError.ModelError({ message: "failed", OriginalMessage: "secret" })))
  ))
