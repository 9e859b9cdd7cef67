import { assert, it } from "@effect/vitest"
import { Chunk, Context, Effect, Fiber, Stream, TestClock } from "effect"
import {
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  SageMakerError
} from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"

const echo = MockRuntime.layer(
  MockRuntime.on(Bidirectional.operation, ({ Body }) => Effect.succeed({ Body, InvokedProductionVariant: "blue" }))
)

const textsOf = <E, R>(Body: Stream.Stream<Bidirectional.RequestPart, E, R>) =>
  Effect.gen(function*() {
    const output = yield* invokeEndpointWithBidirectionalStream({ EndpointName: "voice", Body })
    return { output, texts: Array.from(yield* Stream.runCollect(Bidirectional.texts(output.Body))) }
  }).pipe(Effect.scoped)

it.effect("The handler of a bidirectional stream receives the source, and the caller its parts", () =>
  Effect.gen(function*() {
    const { output, texts } = yield* textsOf(Bidirectional.messages(Stream.make("a", "b")))
    assert.deepStrictEqual(texts, ["a", "b"])
    assert.strictEqual(output.InvokedProductionVariant, "blue")
    assert.deepStrictEqual(output.$metadata, { httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 })
  }).pipe(Effect.provide(echo)))

it.effect("The source has the services of the call, and its failure is the failure of the output", () =>
  Effect.gen(function*() {
    class Word extends Context.Tag("Word")<Word, string>() {}
    const words = Stream.concat(Stream.fromEffect(Word), Stream.fail("no microphone" as const))
    const { Body } = yield* invokeEndpointWithBidirectionalStream({
      EndpointName: "voice",
      Body: Bidirectional.messages(words)
    }).pipe(Effect.provideService(Word, "hello"))
    const seen: Array<string> = []
    const error = yield* Effect.flip(Stream.runForEach(Bidirectional.texts(Body), (text) =>
      Effect.sync(() => {
        seen.push(text)
      })))
    assert.deepStrictEqual(seen, ["hello"])
    assert.strictEqual(error, "no microphone")
  }).pipe(Effect.scoped, Effect.provide(echo)))

it.effect("A failed handler is called again only if it has not run the source", () =>
  Effect.gen(function*() {
    const attemptsOf = (runsSource: boolean) =>
      Effect.gen(function*() {
        let attempts = 0
        const failing = MockRuntime.layer(
          MockRuntime.on(Bidirectional.operation, ({ Body }) =>
            Effect.gen(function*() {
              attempts += 1
              if (runsSource) {
                yield* Stream.runDrain(Body)
              }
              return yield* new SageMakerError.ServiceUnavailableError({})
            }))
        )
        const call = yield* Effect.fork(
          Effect.flip(textsOf(Bidirectional.parts("a"))).pipe(Effect.provide(failing))
        )
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(call))._tag, "ServiceUnavailableError")
        return attempts
      })
    assert.strictEqual(yield* attemptsOf(false), 3)
    assert.strictEqual(yield* attemptsOf(true), 1)
  }))

it.effect("The mock validates the input of a bidirectional stream as the client does", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(
      invokeEndpointWithBidirectionalStream({ EndpointName: "a/b", Body: Stream.fromChunk(Chunk.empty()) })
    )
    assert.include(error, { _tag: "InvalidInputError", field: "EndpointName" })
  }).pipe(Effect.scoped, Effect.provide(echo)))
