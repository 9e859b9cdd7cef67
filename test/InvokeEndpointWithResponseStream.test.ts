import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Exit, Fiber, Layer, Scope, Stream, TestClock } from "effect"
import {
  Credentials,
  type InvokeEndpointWithResponseStream,
  invokeEndpointWithResponseStream,
  SageMakerError,
  SageMakerRuntime,
  Signer,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import { encode } from "../src/protocol/frame.ts"
import { bodyCut, broken, stalled } from "./support/bodies.ts"
import { refusal, type Reply, scripted } from "./support/scripted.ts"

const input: InvokeEndpointWithResponseStream.Input = { EndpointName: "story", Body: "once" }

const client = (handler: Emulator.Endpoint["handler"]) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([Signer.layer, Emulator.layerHttpClient({ endpoints: [{ name: "story", handler }] })]),
    Layer.provide(Credentials.layer(Emulator.credentials))
  )

const words = Stream.make("Once ", "upon ", "a ", "time")

const text = (parts: Chunk.Chunk<Uint8Array>) =>
  Chunk.toReadonlyArray(Chunk.map(parts, (part) => new TextDecoder().decode(part)))

it.live("streams the parts as the model writes them", () =>
  Effect.gen(function*() {
    const parts = yield* Stream.runCollect(streamEndpoint(input))
    assert.deepStrictEqual(text(parts), ["Once ", "upon ", "a ", "time"])
  }).pipe(Effect.provide(client(() => Effect.succeed(words)))))

it.live("gives the head of the answer before its parts", () =>
  Effect.gen(function*() {
    const { Body, ...head } = yield* invokeEndpointWithResponseStream(input)
    assert.deepInclude(head, {
      ContentType: "text/plain",
      InvokedProductionVariant: "AllTraffic",
      CustomAttributes: "seen"
    })
    assert.include(head.$metadata, { httpStatusCode: 200, attempts: 1 })
    assert.strictEqual(Chunk.size(yield* Stream.runCollect(Body)), 4)
  }).pipe(
    Effect.scoped,
    Effect.provide(client(() => Effect.succeed({ Body: words, ContentType: "text/plain", CustomAttributes: "seen" })))
  ))

describe("fails the stream, after its parts, with", () => {
  const failing = (failure: unknown) => client(() => Effect.succeed(Stream.concat(words, Stream.fail(failure))))

  const outcome = (failure: unknown) =>
    Effect.gen(function*() {
      const seen: Array<Uint8Array> = []
      const error = yield* streamEndpoint(input).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
        Effect.flip,
        Effect.provide(failing(failure))
      )
      return [error, seen.length] as const
    })

  const afterItsParts = (failure: unknown) =>
    Effect.map(outcome(failure), ([error, parts]) => {
      assert.strictEqual(parts, 4)
      return error
    })

  it.live("ModelStreamError and its code", () =>
    Effect.gen(function*() {
      const error = yield* afterItsParts(
        new SageMakerError.ModelStreamError({ message: "too slow", ErrorCode: "ModelInvocationTimeExceeded" })
      )
      assert.include(error, {
        _tag: "ModelStreamError",
        message: "too slow",
        ErrorCode: "ModelInvocationTimeExceeded",
        retry: "never",
        status: 200
      })
      assert.match((error as SageMakerError.ModelStreamError).requestId ?? "", /^emulated-/)
    }))

  it.live("InternalStreamFailure", () =>
    Effect.gen(function*() {
      assert.include(yield* afterItsParts(new SageMakerError.InternalStreamFailure()), {
        _tag: "InternalStreamFailure"
      })
    }))

  it.live("the typed error of any other code", () =>
    Effect.gen(function*() {
      assert.include(yield* afterItsParts(new SageMakerError.ThrottlingError()), { _tag: "ThrottlingError" })
      assert.include(yield* afterItsParts(new SageMakerError.AccessDeniedError()), { _tag: "AccessDeniedError" })
      assert.include(yield* afterItsParts(new SageMakerError.ValidationError({ message: "late" })), {
        _tag: "UnknownServiceError",
        code: "ValidationError",
        message: "late"
      })
    }))

  it.live("UnknownServiceError for an error frame", () =>
    Effect.gen(function*() {
      const failure = new SageMakerError.UnknownServiceError({ status: 500, code: "Oops", message: "went wrong" })
      assert.include(yield* afterItsParts(failure), {
        _tag: "UnknownServiceError",
        code: "Oops",
        message: "went wrong"
      })
    }))

  it.live("TransportError where the connection breaks", () =>
    Effect.gen(function*() {
      const [error] = yield* outcome(new SageMakerError.TransportError({ reason: "reset" }))
      assert.include(error, { _tag: "TransportError", reason: "reset", requestSent: true })
    }))

  it.live("ModelStreamError for a defect of the model", () =>
    Effect.gen(function*() {
      const layer = client(() => Effect.succeed(Stream.concat(words, Stream.die(new Error("out of memory")))))
      const error = yield* Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), layer))
      assert.include(error, { _tag: "ModelStreamError", ErrorCode: "StreamBroken" })
    }))
})

const frame = (payload: string) =>
  encode({ ":message-type": "event", ":event-type": "PayloadPart" }, new TextEncoder().encode(payload))

const streaming = (...frames: ReadonlyArray<Uint8Array>): Reply => ({
  status: 200,
  headers: { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "request-1" },
  body: Uint8Array.from(frames.flatMap((_) => [..._]))
})

const failureOf = (...replies: ReadonlyArray<Reply>) =>
  Effect.gen(function*() {
    const server = yield* scripted(...replies)
    return yield* Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), server.layer))
  })

it.effect("fails with ProtocolError on a body that is no event stream, or ends inside a frame", () =>
  Effect.gen(function*() {
    assert.include(yield* failureOf({ status: 200, body: "<html>".repeat(10) }), { _tag: "ProtocolError" })
    assert.include(yield* failureOf(streaming(frame("a"), frame("b").subarray(0, 20))), {
      _tag: "ProtocolError",
      requestId: "request-1"
    })
  }))

it.effect("fails before the stream with the errors the operation names, and retries them", () =>
  Effect.gen(function*() {
    const server = yield* scripted(refusal(500, "InternalFailure"), refusal(424, "ModelError", { Message: "failed" }))
    const fiber = yield* Effect.fork(Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), server.layer)))
    yield* TestClock.adjust("1 minute")
    assert.include(yield* Fiber.join(fiber), { _tag: "ModelError", attempts: 2 })
  }))

it.effect("is not sent again once its head has come", () =>
  Effect.gen(function*() {
    const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }
    const server = yield* scripted(broken(init, bodyCut(), ""))
    const error = yield* Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), server.layer))
    assert.include(error, { _tag: "TransportError", reason: "reset" })
    assert.strictEqual(yield* server.attempts, 1)
  }))

it.effect("bounds the silence between two parts, not the stream", () =>
  Effect.gen(function*() {
    const server = yield* scripted(stalled({ status: 200 }))
    const fiber = yield* Stream.runDrain(streamEndpoint(input)).pipe(
      Timeouts.use({ idle: "5 seconds", attempt: "1 second", total: "1 second" }),
      Effect.flip,
      Effect.provide(server.layer),
      Effect.fork
    )
    yield* TestClock.adjust("4 seconds")
    assert.isNull(fiber.unsafePoll())
    yield* TestClock.adjust("1 second")
    assert.include(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase: "idle", duration: 5_000 })
  }))

it.live("cannot be read after its scope has closed", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const { Body } = yield* Scope.extend(invokeEndpointWithResponseStream(input), scope)
    yield* Scope.close(scope, Exit.void)
    assert.include(yield* Effect.flip(Stream.runDrain(Body)), { _tag: "TransportError", reason: "aborted" })
  }).pipe(Effect.provide(client(() => Effect.succeed(words)))))

it.effect("refuses NEW_SESSION, which opens a session on InvokeEndpoint only", () =>
  Effect.gen(function*() {
    const server = yield* scripted(streaming(frame("a")))
    const error = yield* Effect.flip(
      Effect.provide(Stream.runDrain(streamEndpoint({ ...input, SessionId: "NEW_SESSION" })), server.layer)
    )
    assert.include(error, { _tag: "InvalidInputError", field: "SessionId" })
  }))

it.live("stops the model when its reader leaves", () =>
  Effect.gen(function*() {
    let stopped = false
    const endless = Stream.repeatEffect(Effect.as(Effect.sleep(1), "word ")).pipe(
      Stream.ensuring(Effect.sync(() => {
        stopped = true
      }))
    )
    const parts = yield* streamEndpoint(input).pipe(
      Stream.take(3),
      Stream.runCollect,
      Effect.provide(client(() => Effect.succeed(endless)))
    )
    assert.strictEqual(Chunk.size(parts), 3)
    yield* Effect.yieldNow().pipe(Effect.repeat({ until: () => stopped }))
  }))
