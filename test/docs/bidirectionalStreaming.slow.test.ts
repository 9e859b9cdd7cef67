import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Layer, Queue, Ref, Stream, TestClock } from "effect"
import {
  Credentials,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  SageMakerError,
  SageMakerRuntime,
  Signer
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { wavOf } from "../../examples/voice-audio.ts"
import { voiceContainer } from "../../examples/voice-container.ts"
import { transcribe } from "../../examples/voice.ts"

const client = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layer),
    Layer.provide(Credentials.layer(Emulator.credentials)),
    Layer.provideMerge(Emulator.layerHttpClient({ endpoints }))
  )

const EndpointName = "model"

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

const handler = (respond: Emulator.EmulatorBidirectionalHandler<unknown>) =>
  Emulator.bidirectional(EndpointName, respond)

const channel = Bidirectional.channel

describe("The guide to bidirectional streaming", () => {
  it.effect("transcribes audio, and receives the first letter before most of the audio is sent", () =>
    Effect.gen(function*() {
      const wav = wavOf("SOS 73", 30)
      const sentBytes = yield* Ref.make(0)
      const audio = Stream.range(0, Math.ceil(wav.length / 320) - 1, 1).pipe(
        Stream.map((at) => wav.subarray(at * 320, (at + 1) * 320)),
        Stream.tap((bytes) => Ref.update(sentBytes, (sent) => sent + bytes.length)),
        Stream.tap(() => Effect.sleep("20 millis"))
      )
      const sentBefore = yield* Ref.make<ReadonlyArray<number>>([])
      const call = yield* audio.pipe(
        transcribe,
        Stream.tap(() => Effect.flatMap(Ref.get(sentBytes), (sent) => Ref.update(sentBefore, (all) => [...all, sent]))),
        collect,
        Effect.fork
      )
      yield* Effect.repeat(TestClock.adjust("20 millis"), {
        until: () => Fiber.poll(call).pipe(Effect.map((exit) => exit._tag === "Some"))
      })
      const transcripts = yield* Fiber.join(call)
      assert.strictEqual(transcripts.map(({ text }) => text).join(""), "SOS 73")
      const [first = wav.length] = yield* Ref.get(sentBefore)
      assert.isBelow(first, wav.length / 3)
    }).pipe(Effect.provide(client(voiceContainer))))

  it.effect("the response continues after the end of the request", () =>
    Effect.gen(function*() {
      const out = yield* Stream.make("a", "b").pipe(
        Bidirectional.messages(),
        Stream.pipeThroughChannel(channel({ EndpointName })),
        Bidirectional.texts,
        collect
      )
      assert.deepStrictEqual(out, ["2 parts"])
    }).pipe(
      Effect.provide(
        client(handler((parts) => Stream.map(Stream.fromEffect(Stream.runCount(parts)), (count) => `${count} parts`)))
      )
    ))

  it.effect("the end of the response interrupts the input", () =>
    Effect.gen(function*() {
      const stopped = yield* Ref.make(0)
      const source = Stream.concat(Stream.make("a"), Stream.never).pipe(
        Stream.ensuring(Ref.update(stopped, (count) => count + 1))
      )
      const out = yield* source.pipe(
        Bidirectional.messages(),
        Stream.pipeThroughChannel(channel({ EndpointName })),
        Bidirectional.texts,
        collect
      )
      assert.deepStrictEqual(out, ["a"])
      assert.strictEqual(yield* Ref.get(stopped), 1)
    }).pipe(Effect.provide(client(handler((parts) => Stream.take(parts, 1))))))

  it.effect("a failure of the input fails the call, or the response after its headers", () =>
    Effect.gen(function*() {
      const early = Stream.fail("lost" as const)
      const call = invokeEndpointWithBidirectionalStream({ EndpointName, Body: early })
      assert.strictEqual(yield* Effect.flip(Effect.scoped(Effect.flatMap(call, ({ Body }) => collect(Body)))), "lost")
      const queue = yield* Queue.unbounded<string>()
      const late = Stream.concat(Stream.take(Stream.fromQueue(queue), 1), early)
      yield* Effect.gen(function*() {
        const { Body } = yield* invokeEndpointWithBidirectionalStream({
          EndpointName,
          Body: Bidirectional.messages(late)
        })
        yield* Queue.offer(queue, "a")
        const received = yield* Ref.make("")
        const error = yield* Effect.flip(
          Stream.runForEach(Bidirectional.texts(Body), (text) => Ref.update(received, (before) => before + text))
        )
        assert.deepStrictEqual([error, yield* Ref.get(received)], ["lost", "a"])
      }).pipe(Effect.scoped)
    }).pipe(Effect.provide(client(handler((parts) => parts)))))

  it.effect("the errors have AWS's names", () =>
    Effect.gen(function*() {
      const failure = (error: SageMakerError.SageMakerError) =>
        Effect.flip(Effect.scoped(invokeEndpointWithBidirectionalStream({
          EndpointName,
          Body: Bidirectional.parts("a")
        }))).pipe(Effect.provide(client(handler(() => Stream.fail(error)))))
      const errors = [
        new SageMakerError.InputValidationError({}),
        new SageMakerError.ModelError({})
      ]
      for (const error of errors) {
        assert.strictEqual((yield* failure(error))._tag, error._tag)
      }
    }))
})
