import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import {
  Credentials,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const echo = Emulator.bidirectional("echo", (parts) => parts)

const client = (
  endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>,
  credentials = Emulator.credentials
) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide(Signer.layer),
    Layer.provide(Credentials.layer(credentials)),
    Layer.provideMerge(Emulator.layerHttpClient({ endpoints, region: "eu-west-1" }))
  )

const texts = <E, R>(
  Body: Stream.Stream<Bidirectional.RequestPart, E, R>,
  EndpointName = "echo"
) =>
  Effect.flatMap(
    invokeEndpointWithBidirectionalStream({ EndpointName, Body }),
    (output) => Effect.map(Stream.runCollect(Bidirectional.texts(output.Body)), (received) => Array.from(received))
  ).pipe(Effect.scoped)

it.effect("The emulator verifies the frames of this client, on the clock of the test", () =>
  Effect.gen(function*() {
    const slow = Stream.tap(Stream.make("one", "two", "three"), () => Effect.sleep("20 minutes"))
    const call = yield* Effect.fork(texts(Bidirectional.messages(slow)).pipe(Timeouts.use({ idle: "1 hour" })))
    yield* Effect.repeatN(TestClock.adjust("10 minutes"), 10)
    assert.deepStrictEqual(yield* Fiber.join(call), ["one", "two", "three"])
  }).pipe(Effect.provide(client([echo]))))

it.effect("The emulator rejects other credentials before the first part", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(texts(Bidirectional.parts("a")))
    assert.strictEqual(error._tag, "AccessDeniedError")
  }).pipe(Effect.provide(client([echo], { ...Emulator.credentials, secretAccessKey: "other" }))))

it.live("This client has the typed errors of a handler, before and after the first part", () =>
  Effect.gen(function*() {
    const failures = [
      new SageMakerError.ModelError({ OriginalStatusCode: 503, message: "busy" }),
      Emulator.containerError({ status: 422, body: "no audio" }),
      new SageMakerError.ModelStreamError({ ErrorCode: "X" }),
      "text"
    ]
    const errors = []
    for (const failure of failures) {
      const endpoints = [
        Emulator.bidirectional("before", () => Stream.fail(failure)),
        Emulator.bidirectional("after", (parts) => Stream.concat(Stream.take(parts, 1), Stream.fail(failure)))
      ]
      for (const name of ["before", "after"]) {
        const error = yield* Effect.flip(texts(Bidirectional.parts("a"), name)).pipe(Effect.provide(client(endpoints)))
        errors.push(error._tag)
      }
    }
    assert.deepStrictEqual(errors, [
      "ModelError",
      "UnknownServiceError",
      "ModelError",
      "ModelStreamError",
      "ModelStreamError",
      "ModelStreamError",
      "ModelError",
      "ModelStreamError"
    ])
  }))

it.effect("The emulator rejects an unknown endpoint with InputValidationError", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(texts(Bidirectional.parts("a"), "absent"))
    assert.strictEqual(error._tag, "InputValidationError")
  }).pipe(Effect.provide(client([echo]))))

it.effect("A source that fails interrupts the handler, and the call fails with its error", () =>
  Effect.gen(function*() {
    const interrupted = yield* Deferred.make<void>()
    const reading = Emulator.bidirectional(
      "reading",
      (parts) => Stream.ensuring(Stream.concat(parts, Stream.never), Deferred.succeed(interrupted, undefined))
    )
    const source = Stream.concat(Stream.make("a"), Stream.fail("no microphone" as const))
    const error = yield* Effect.flip(texts(Bidirectional.messages(source), "reading")).pipe(
      Effect.provide(client([reading]))
    )
    assert.strictEqual(error, "no microphone")
    yield* Deferred.await(interrupted)
  }))

it.effect("A client that leaves the response interrupts the handler and the source", () =>
  Effect.gen(function*() {
    const stopped: Array<string> = []
    const stop = (what: string) => Effect.sync(() => void stopped.push(what))
    const reading = Emulator.bidirectional("reading", (parts) => Stream.ensuring(parts, stop("handler")))
    const source = Stream.ensuring(Stream.concat(Stream.make("a"), Stream.never), stop("source"))
    yield* Effect.gen(function*() {
      const { Body } = yield* invokeEndpointWithBidirectionalStream({
        EndpointName: "reading",
        Body: Bidirectional.messages(source)
      })
      yield* Stream.runHead(Body)
    }).pipe(Effect.scoped, Effect.provide(client([reading])))
    assert.sameMembers(stopped, ["handler", "source"])
  }))
