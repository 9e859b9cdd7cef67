import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Stream } from "effect"
import {
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  SageMakerError
} from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"

const client = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  Layer.unwrapEffect(
    Effect.map(NodeEmulator.NodeEmulator, ({ url }) =>
      NodeSageMaker.layer({ region: "eu-west-1", endpoint: url, credentials: Emulator.credentials }))
  ).pipe(Layer.provideMerge(NodeEmulator.layer({ endpoints })))

const texts = <E, R>(Body: Stream.Stream<Bidirectional.RequestPart, E, R>, EndpointName = "echo") =>
  Effect.flatMap(
    invokeEndpointWithBidirectionalStream({ EndpointName, Body }),
    (output) => Effect.map(Stream.runCollect(Bidirectional.texts(output.Body)), (received) => Array.from(received))
  ).pipe(Effect.scoped)

const lost = new SageMakerError.TransportError({ reason: "reset" })

it.live("The emulator verifies and returns the parts of this client over HTTP/2", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* texts(Bidirectional.messages(Stream.make("a", "b"))), ["a", "b"])
    assert.strictEqual((yield* Effect.flip(texts(Bidirectional.parts("a"), "absent")))._tag, "InputValidationError")
  }).pipe(Effect.provide(client(Emulator.bidirectional("echo", (parts) => parts)))))

it.live("A handler that ends before the request ends the response, and one that is lost fails it", () =>
  Effect.gen(function*() {
    const endless = Bidirectional.messages(Stream.concat(Stream.make("a"), Stream.never))
    assert.deepStrictEqual(yield* texts(endless, "first"), ["a"])
    assert.include(yield* Effect.flip(texts(endless, "lost")), { _tag: "TransportError", reason: "reset" })
  }).pipe(Effect.provide(client(
    Emulator.bidirectional("first", (parts) => Stream.take(parts, 1)),
    Emulator.bidirectional("lost", (parts) => Stream.concat(Stream.take(parts, 1), Stream.fail(lost)))
  ))))

it.live("A client that leaves the response over HTTP/2 interrupts the handler and the source", () =>
  Effect.gen(function*() {
    const handlerStopped = yield* Deferred.make<void>()
    const sourceStopped = yield* Deferred.make<void>()
    const reading = Emulator.bidirectional(
      "echo",
      (parts) => Stream.ensuring(parts, Deferred.succeed(handlerStopped, undefined))
    )
    const source = Stream.concat(Stream.make("a"), Stream.never).pipe(
      Stream.ensuring(Deferred.succeed(sourceStopped, undefined))
    )
    yield* Effect.gen(function*() {
      yield* Effect.scoped(Effect.flatMap(
        invokeEndpointWithBidirectionalStream({ EndpointName: "echo", Body: Bidirectional.messages(source) }),
        ({ Body }) => Stream.runHead(Body)
      ))
      yield* Deferred.await(handlerStopped)
      yield* Deferred.await(sourceStopped)
    }).pipe(Effect.provide(client(reading)))
  }))

it.live("A client that does not read a large part can open another stream on the connection", () =>
  Effect.gen(function*() {
    const size = 20 * 1024 * 1024
    const large = Emulator.bidirectional("large", () => Stream.make(new Uint8Array(size)))
    const echo = Emulator.bidirectional("echo", (parts) => parts)
    yield* Effect.gen(function*() {
      const { Body } = yield* invokeEndpointWithBidirectionalStream({
        EndpointName: "large",
        Body: Bidirectional.parts("a")
      })
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(yield* texts(Bidirectional.parts("b")), ["b"])
      assert.strictEqual(yield* Stream.runFold(Body, 0, (sum, { Bytes }) => sum + Bytes.length), size)
    }).pipe(Effect.scoped, Effect.provide(client(large, echo)))
  }))
