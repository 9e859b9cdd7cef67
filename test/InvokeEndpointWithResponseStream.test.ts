import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Either, Exit, Fiber, Layer, Scope, Stream, Supervisor, TestClock } from "effect"
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
import { encode } from "../src/protocol/eventStream/frame.ts"
import { advanceClock } from "./support/call.ts"
import { eventually } from "./support/eventually.ts"
import { bodyCutError, brokenBody, pacedBody, stalledBody } from "./support/responseBodies.ts"
import { refusal, type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

const input: InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamInput = {
  EndpointName: "story",
  Body: "once"
}

const client = (handler: Emulator.EmulatorEndpoint["handler"]) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([Signer.layer, Emulator.layerHttpClient({ endpoints: [{ name: "story", handler }] })]),
    Layer.provide(Credentials.layer(Emulator.credentials))
  )

const words = Stream.make("Once ", "upon ", "a ", "time")

const text = (parts: Chunk.Chunk<Uint8Array>) =>
  Chunk.toReadonlyArray(Chunk.map(parts, (part) => new TextDecoder().decode(part)))

it.live("The stream has the parts that the model writes", () =>
  Effect.gen(function*() {
    const parts = yield* Stream.runCollect(streamEndpoint(input))
    assert.deepStrictEqual(text(parts), ["Once ", "upon ", "a ", "time"])
  }).pipe(Effect.provide(client(() => Effect.succeed(words)))))

it.live("The response headers are available before the parts", () =>
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

describe("The stream fails, after its parts, with", () => {
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

  const errorAfterParts = (failure: unknown) =>
    Effect.map(outcome(failure), ([error, parts]) => {
      assert.strictEqual(parts, 4)
      return error
    })

  it.live("ModelStreamError and its code", () =>
    Effect.gen(function*() {
      const error = yield* errorAfterParts(
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
      assert.include(yield* errorAfterParts(new SageMakerError.InternalStreamFailure()), {
        _tag: "InternalStreamFailure"
      })
    }))

  it.live("the typed error of any other code", () =>
    Effect.gen(function*() {
      assert.include(yield* errorAfterParts(new SageMakerError.ThrottlingError()), { _tag: "ThrottlingError" })
      assert.include(yield* errorAfterParts(new SageMakerError.AccessDeniedError()), { _tag: "AccessDeniedError" })
      assert.include(yield* errorAfterParts(new SageMakerError.ValidationError({ message: "late" })), {
        _tag: "UnknownServiceError",
        code: "ValidationError",
        message: "late"
      })
    }))

  it.live("UnknownServiceError for an error frame", () =>
    Effect.gen(function*() {
      const failure = new SageMakerError.UnknownServiceError({ status: 500, code: "Oops", message: "went wrong" })
      assert.include(yield* errorAfterParts(failure), {
        _tag: "UnknownServiceError",
        code: "Oops",
        message: "went wrong"
      })
    }))

  it.live("TransportError if the connection breaks", () =>
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
    const server = yield* scriptedRuntime(...replies)
    return yield* Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), server.layer))
  })

it.effect("A body that is not an event stream, or ends inside a frame, fails with ProtocolError", () =>
  Effect.gen(function*() {
    assert.include(yield* failureOf({ status: 200, body: "<html>".repeat(10) }), { _tag: "ProtocolError" })
    assert.include(yield* failureOf(streaming(frame("a"), frame("b").subarray(0, 20))), {
      _tag: "ProtocolError",
      requestId: "request-1"
    })
  }))

it.effect("An error before the stream is one of the operation's errors and is retried", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(
      refusal(500, "InternalFailure"),
      refusal(424, "ModelError", { Message: "failed" })
    )
    const fiber = yield* Effect.fork(Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), server.layer)))
    yield* TestClock.adjust("1 minute")
    assert.include(yield* Fiber.join(fiber), { _tag: "ModelError", attempts: 2 })
  }))

it.effect("A stream is not retried after its response headers", () =>
  Effect.gen(function*() {
    const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }
    const server = yield* scriptedRuntime(brokenBody(init, bodyCutError(), ""))
    const error = yield* Effect.flip(Effect.provide(Stream.runDrain(streamEndpoint(input)), server.layer))
    assert.include(error, { _tag: "TransportError", reason: "reset" })
    assert.strictEqual(yield* server.attempts, 1)
  }))

it.effect("The idle timeout limits the time between two parts, not the stream", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(stalledBody({ status: 200 }))
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

const init = { headers: { "content-type": "application/vnd.amazon.eventstream" } }

const frames = (count: number) => Array.from({ length: count }, (_, index) => frame(`${index} `))

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index} `)

const idle = Timeouts.use({ idle: "4 seconds" })

describe("The idle timeout of a stream", () => {
  it.effect("does not count while the reader processes a part", () =>
    Effect.gen(function*() {
      for (const pause of ["0 seconds", "3 seconds"] as const) {
        const server = yield* scriptedRuntime(pacedBody(init, pause, frames(6)))
        const parts = yield* streamEndpoint(input).pipe(
          Stream.tap(() => Effect.sleep("30 seconds")),
          Stream.runCollect,
          idle,
          Effect.provide(server.layer),
          advanceClock("10 minutes")
        )
        assert.deepStrictEqual(text(parts), numbered(6))
      }
    }))

  it.effect("starts when the reader requests the next part", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, 0, frames(1), Stream.never))
      const fiber = yield* streamEndpoint(input).pipe(
        Stream.tap(() => Effect.sleep("30 seconds")),
        Stream.runDrain,
        idle,
        Effect.flip,
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust("33999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.include(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase: "idle", duration: 4_000 })
    }))

  it.effect("restarts with every part", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, "2 seconds", frames(20), Stream.never))
      const seen: Array<Uint8Array> = []
      const fiber = yield* streamEndpoint(input).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
        idle,
        Effect.flip,
        Effect.provide(server.layer),
        Effect.fork
      )
      yield* TestClock.adjust("43999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.include(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase: "idle" })
      assert.lengthOf(seen, 20)
    }))

  it.effect("ends a stream that is read in an uninterruptible region", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(stalledBody(init))
      const error = yield* Stream.runDrain(streamEndpoint(input)).pipe(
        Effect.uninterruptible,
        idle,
        Effect.flip,
        Effect.provide(server.layer),
        advanceClock("1 minute")
      )
      assert.include(error, { _tag: "TimeoutError", phase: "idle" })
    }))

  it.effect("does not change the parts of a long stream", () =>
    Effect.gen(function*() {
      for (const limit of ["4 seconds", Infinity] as const) {
        const chunks = new ReadableStream<Uint8Array>({
          start: (controller) => {
            frames(3_000).forEach((_) => controller.enqueue(_))
            controller.close()
          }
        })
        const server = yield* scriptedRuntime({ status: 200, body: chunks })
        const parts = yield* Stream.runCollect(streamEndpoint(input)).pipe(
          Timeouts.use({ idle: limit }),
          Effect.provide(server.layer)
        )
        assert.deepStrictEqual(text(parts), numbered(3_000))
      }
    }))

  it.effect("passes on the failure of the body after its parts", () =>
    Effect.gen(function*() {
      const ends = yield* Effect.forEach([bodyCutError(), new Error("?")], (reason) =>
        Effect.gen(function*() {
          const server = yield* scriptedRuntime(brokenBody(init, reason, frame("a"), frame("b")))
          const seen: Array<Uint8Array> = []
          const error = yield* streamEndpoint(input).pipe(
            Stream.runForEach((part) => Effect.sync(() => seen.push(part))),
            idle,
            Effect.flip,
            Effect.provide(server.layer)
          )
          assert.include(error, { _tag: "TransportError" })
          return seen.length
        }))
      assert.deepStrictEqual(ends, [2, 2])
    }))

  const readings: ReadonlyArray<
    readonly [end: string, reply: Reply, <E>(stream: Stream.Stream<Uint8Array, E>) => Stream.Stream<unknown, E>]
  > = [
    ["is interrupted", stalledBody(init), (_) => _],
    ["is interrupted between two parts", pacedBody(init, "1 second", frames(100)), (_) => _],
    ["is interrupted while the reader processes a part", pacedBody(init, 0, frames(5)), Stream.tap(() => Effect.never)],
    ["ends", pacedBody(init, "1 second", frames(2)), (_) => _],
    ["is abandoned", pacedBody(init, "1 second", frames(9)), Stream.take(2)],
    ["breaks off", brokenBody(init, bodyCutError()), (_) => _],
    ["stalls", pacedBody(init, "1 second", frames(1), Stream.never), (_) => _]
  ]
  for (const [end, reply, reading] of readings) {
    it.effect(`leaks no fiber if the stream ${end}`, () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(reply)
        const supervisor = yield* Supervisor.track
        const reader = yield* reading(Stream.provideSomeLayer(streamEndpoint(input), server.layer)).pipe(
          Stream.runDrain,
          idle,
          Effect.supervised(supervisor),
          Effect.fork
        )
        yield* TestClock.adjust("1500 millis")
        const running = yield* supervisor.value
        yield* TestClock.adjust(end.startsWith("is interrupted") ? 0 : "1 minute")
        yield* Fiber.interrupt(reader)
        yield* TestClock.adjust(0)
        assert.deepStrictEqual((yield* supervisor.value).length, 0)
        assert.isAtLeast(end === "breaks off" ? 1 : running.length, 1)
      }))
  }
})

describe("A Body that is read twice", () => {
  const closed = { _tag: "TransportError", reason: "aborted", retry: "never" } as const

  const read = (body: InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamOutput["Body"]) =>
    Effect.either(Stream.runCollect(body))

  it.scoped("gives each part once if it is read sequentially", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(streaming(...frames(5)))
      const { Body } = yield* Effect.provide(invokeEndpointWithResponseStream(input), server.layer)
      assert.deepStrictEqual(text(Either.getOrThrow(yield* read(Body))), numbered(5))
      assert.include(Either.getOrThrow(Either.flip(yield* read(Body))), closed)
    }))

  it.scoped("gives all parts to the first of two concurrent readers", () =>
    Effect.gen(function*() {
      for (const limit of ["4 seconds", Infinity] as const) {
        const server = yield* scriptedRuntime(pacedBody(init, "1 second", frames(5)))
        const { Body } = yield* invokeEndpointWithResponseStream(input).pipe(
          Timeouts.use({ idle: limit }),
          Effect.provide(server.layer)
        )
        const [first, second] = yield* Effect.all([read(Body), Effect.delay(read(Body), "2 seconds")], {
          concurrency: "unbounded"
        }).pipe(advanceClock("1 minute"))
        assert.deepStrictEqual(text(Either.getOrThrow(first)), numbered(5))
        assert.include(Either.getOrThrow(Either.flip(second)), closed)
      }
    }))

  it.scoped("gives nothing to the second reader after the first one has stopped", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(pacedBody(init, 0, frames(5)))
      const { Body } = yield* Effect.provide(invokeEndpointWithResponseStream(input), server.layer)
      yield* Stream.runDrain(Stream.take(Body, 1))
      assert.include(Either.getOrThrow(Either.flip(yield* read(Body))), closed)
    }))
})

const errorFrame = (code: string) =>
  encode({ ":message-type": "error", ":error-code": code, ":error-message": "went wrong" }, new Uint8Array())

describe("An error frame is UnknownServiceError, with a code of AWS's form:", () => {
  for (
    const code of [
      "ThrottlingException",
      "AccessDeniedException",
      "InternalStreamFailure",
      "ModelStreamError",
      "Internal Error",
      "com.amazon#ModelStreamError:http://internal.amazon.com/"
    ]
  ) {
    it.effect(code, () =>
      Effect.gen(function*() {
        assert.include(yield* failureOf(streaming(frame("a"), errorFrame(code))), {
          _tag: "UnknownServiceError",
          ...(/^[\w.-]+$/.test(code) && { code }),
          message: "went wrong",
          status: 200,
          requestId: "request-1"
        })
      }))
  }
})

it.effect("Streams that are abandoned or fail leak no finalizer", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const open = () => Object(Reflect.get(scope, "state")).finalizers.size
    const replies = [streaming(frame("a"), frame("b")), streaming(errorFrame("Oops")), stalledBody(init)]
    for (const reply of replies) {
      const server = yield* scriptedRuntime(reply)
      yield* Effect.flatMap(
        invokeEndpointWithResponseStream(input),
        ({ Body }) => Stream.runDrain(Stream.take(Body, 1))
      )
        .pipe(idle, Effect.provide(server.layer), Scope.extend(scope), Effect.exit, advanceClock("1 minute"))
    }
    assert.strictEqual(open(), 0)
  }))

it.live("A Body cannot be read after its scope has closed", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const { Body } = yield* Scope.extend(invokeEndpointWithResponseStream(input), scope)
    yield* Scope.close(scope, Exit.void)
    assert.include(yield* Effect.flip(Stream.runDrain(Body)), { _tag: "TransportError", reason: "aborted" })
  }).pipe(Effect.provide(client(() => Effect.succeed(words)))))

it.effect("NEW_SESSION is rejected, since only InvokeEndpoint opens sessions", () =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(streaming(frame("a")))
    const error = yield* Effect.flip(
      Effect.provide(Stream.runDrain(streamEndpoint({ ...input, SessionId: "NEW_SESSION" })), server.layer)
    )
    assert.include(error, { _tag: "InvalidInputError", field: "SessionId" })
  }))

it.live("A reader that stops interrupts the model", () =>
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
    yield* eventually(() => stopped)
  }))
