import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Either, Fiber, Layer, Queue, Stream, TestClock } from "effect"
import {
  Credentials,
  type InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  RetryPolicy,
  type SageMakerError,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { text, utf8 } from "./support/bidirectionalFrames.ts"
import {
  duplexClient,
  type DuplexServer,
  echoResponse,
  exceptionFrame,
  scriptedDuplex,
  textFrames,
  textResponse
} from "./support/scriptedDuplex.ts"

const part = (value: string): Bidirectional.RequestPart => ({ Bytes: utf8(value), DataType: "UTF8" })

const parts = (...values: ReadonlyArray<string>) => Stream.fromIterable(values.map(part))

const open = <E = never, R = never>(
  Body: Stream.Stream<Bidirectional.RequestPart, E, R>,
  members: Omit<Bidirectional.InvokeEndpointWithBidirectionalStreamInput, "Body" | "EndpointName"> = {}
) => invokeEndpointWithBidirectionalStream({ EndpointName: "voice", ...members, Body })

const collect = <E, R>(stream: Stream.Stream<Bidirectional.ResponsePart, E, R>) =>
  Effect.map(Stream.runCollect(stream), (all) => Chunk.toReadonlyArray(Chunk.map(all, ({ Bytes }) => text(Bytes))))

/** Lets other fibers run. */
const settle = Effect.repeatN(Effect.yieldNow(), 100)

/** A source that reports when it is run and when it ends. */
const observed = <A, E, R>(source: Stream.Stream<A, E, R>) =>
  Effect.sync(() => {
    let runs = 0
    let ends = 0
    return {
      Body: Stream.suspend(() => {
        runs++
        return Stream.ensuring(source, Effect.sync(() => ends++))
      }),
      counts: Effect.sync(() => [runs, ends] as const)
    }
  })

const neverEnding: DuplexServer = ({ send }) => Effect.as(send, { body: Stream.never })

describe("A bidirectional stream", () => {
  it.effect("sends parts while it receives parts, and ends each direction on its own", () =>
    Effect.gen(function*() {
      const source = yield* Queue.unbounded<Bidirectional.RequestPart>()
      const server = yield* scriptedDuplex(({ received, send }) =>
        Effect.map(send, (upload) => ({
          body: Stream.concat(
            Stream.fromIterable(textFrames("first")),
            Stream.unwrap(Effect.zipRight(
              Effect.ignore(upload),
              Effect.map(received, (all) => Stream.fromIterable(textFrames(`received ${all.join(" ")}`)))
            ))
          )
        }))
      )
      const { $metadata, Body } = yield* open(Stream.fromQueue(source)).pipe(
        Effect.provide(duplexClient(server.duplex))
      )
      const seen = yield* Queue.unbounded<string>()
      const reader = yield* Effect.fork(Stream.runForEach(Body, ({ Bytes }) => Queue.offer(seen, text(Bytes))))
      assert.strictEqual(yield* Queue.take(seen), "first")
      yield* Queue.offer(source, part("a"))
      yield* Queue.offer(source, part("b"))
      yield* settle
      yield* Queue.shutdown(source)
      yield* reader
      assert.strictEqual(yield* Queue.take(seen), "received a b")
      assert.deepInclude($metadata, { httpStatusCode: 200, attempts: 1 })
      assert.deepStrictEqual(yield* server.ends, ["ended"])
    }).pipe(Effect.scoped))

  it.effect("sends the request to the HTTP/2 URL with its members as headers", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(textResponse())
      yield* open(Stream.empty, {
        TargetVariant: "blue",
        ModelInvocationPath: "v1/realtime",
        ModelQueryString: "language=en&x=%20"
      }).pipe(Effect.provide(duplexClient(server.duplex)))
      const [request] = yield* server.requests
      assert.strictEqual(
        request?.url,
        "https://runtime.sagemaker.eu-west-1.amazonaws.com:8443/endpoints/voice/invocations-bidirectional-stream"
      )
      assert.deepInclude(request?.headers, {
        "content-type": "application/vnd.amazon.eventstream",
        "x-amzn-sagemaker-target-variant": "blue",
        "x-amzn-sagemaker-model-invocation-path": "v1/realtime",
        "x-amzn-sagemaker-model-query-string": "language=en&x=%20"
      })
      assert.notProperty(request?.headers, "content-length")
    }).pipe(Effect.scoped))

  it.effect("returns the headers of parts", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(textResponse("a"))
      const { Body } = yield* open(Stream.empty).pipe(Effect.provide(duplexClient(server.duplex)))
      const [first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Body))
      assert.deepStrictEqual(
        { ...first, Bytes: text(first!.Bytes) },
        { Bytes: "a", DataType: "UTF8", CompletionState: "COMPLETE" }
      )
    }).pipe(Effect.scoped))

  it.effect("applies the client's default members and keeps the stream", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(echoResponse)
      const { Body } = yield* open(parts("a")).pipe(
        Effect.provide(duplexClient(server.duplex, undefined, { params: { TargetVariant: "green" } }))
      )
      assert.deepStrictEqual(yield* collect(Body), ["a"])
      const [request] = yield* server.requests
      assert.strictEqual(request?.headers["x-amzn-sagemaker-target-variant"], "green")
    }).pipe(Effect.scoped))

  it.effect("uses the context of its call for the source", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(echoResponse)
      const client = yield* Effect.context<never>()
      const source = Stream.fromEffect(Effect.map(Effect.map(Timeouts.Timeouts, ({ idle }) => String(idle)), part))
      const { Body } = yield* open(source).pipe(
        Timeouts.use({ idle: "7 seconds" }),
        Effect.provide(duplexClient(server.duplex)),
        Effect.provide(client)
      )
      assert.deepStrictEqual(yield* collect(Body), ["7 seconds"])
    }).pipe(Effect.scoped))
})

describe("The source of a bidirectional stream", () => {
  for (const isCoupled of [true, false]) {
    const how = isCoupled ? "if the transport fails with it" : "if the transport ignores it"
    it.effect(`fails the effect before the response headers, ${how}`, () =>
      Effect.gen(function*() {
        const server = yield* scriptedDuplex(({ send }) =>
          isCoupled
            ? Effect.flatMap(
              send,
              (upload) => Effect.zipRight(Effect.mapError(upload, () => ({ code: "ECONNRESET" })), Effect.never)
            )
            : Effect.zipRight(send, Effect.never)
        )
        const exit = yield* Effect.either(
          open(Stream.concat(parts("a"), Stream.fail("broken"))).pipe(
            Effect.provide(duplexClient(server.duplex))
          )
        )
        assert.deepStrictEqual(exit, Either.left("broken"))
        assert.lengthOf(yield* server.requests, 1)
      }).pipe(Effect.scoped))
  }

  it.effect("fails the output's Body after the response headers, after the parts before it", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<never, string>()
      const server = yield* scriptedDuplex(({ send }) =>
        Effect.as(send, { body: Stream.concat(Stream.fromIterable(textFrames("a")), Stream.never) })
      )
      const { Body } = yield* open(Stream.fromEffect(Deferred.await(gate))).pipe(
        Effect.provide(duplexClient(server.duplex))
      )
      const seen = yield* Queue.unbounded<string>()
      const reader = yield* Effect.fork(Effect.either(
        Stream.runForEach(Body, ({ Bytes }) => Queue.offer(seen, text(Bytes)))
      ))
      assert.strictEqual(yield* Queue.take(seen), "a")
      yield* Deferred.fail(gate, "broken")
      assert.deepStrictEqual(yield* reader, Either.left("broken"))
    }).pipe(Effect.scoped))

  it.effect("keeps its defect", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(({ send }) => Effect.zipRight(send, Effect.never))
      const exit = yield* Effect.exit(open(Stream.dieMessage("bug")).pipe(Effect.provide(duplexClient(server.duplex))))
      assert.isTrue(exit._tag === "Failure" && Cause.isDie(exit.cause))
    }).pipe(Effect.scoped))

  it.effect.each([{ when: "before", hasResponse: false }, { when: "after", hasResponse: true }])(
    "that interrupts itself $when the response headers interrupts the call",
    ({ hasResponse }) =>
      Effect.gen(function*() {
        const server = yield* scriptedDuplex(
          hasResponse ? neverEnding : ({ send }) => Effect.zipRight(send, Effect.never)
        )
        const call = Effect.flatMap(open(Stream.fromEffect(Effect.interrupt)), ({ Body }) => Stream.runDrain(Body))
        const exit = yield* Effect.exit(Effect.provide(call, duplexClient(server.duplex)))
        assert.isTrue(exit._tag === "Failure" && Cause.isInterruptedOnly(exit.cause))
      }).pipe(Effect.scoped)
  )

  it.effect("is encoded as it is sent, also if all parts are one chunk", () =>
    Effect.gen(function*() {
      let encoded = 0
      const Body = Stream.map(Stream.fromIterable([...Array(1_000).keys()]), () => ({
        get Bytes() {
          encoded += 1
          return new Uint8Array(16 * 1024)
        }
      }))
      const server = yield* scriptedDuplex(({ request: { body } }) =>
        body._tag === "Stream"
          ? Effect.zipRight(Effect.ignore(Stream.runDrain(Stream.take(body.stream, 1))), Effect.never)
          : Effect.never
      )
      const fiber = yield* Effect.fork(Effect.provide(open(Body), duplexClient(server.duplex)))
      yield* settle
      yield* Fiber.interrupt(fiber)
      assert.isAbove(encoded, 0)
      assert.isBelow(encoded, 10)
    }).pipe(Effect.scoped))

  it.effect("is interrupted when the response ends", () =>
    Effect.gen(function*() {
      const source = yield* observed(Stream.concat(parts("a"), Stream.never))
      const server = yield* scriptedDuplex(textResponse("done"))
      const { Body } = yield* open(source.Body).pipe(Effect.provide(duplexClient(server.duplex)))
      assert.deepStrictEqual(yield* collect(Body), ["done"])
      yield* settle
      assert.deepStrictEqual(yield* source.counts, [1, 1])
      assert.deepStrictEqual(yield* server.ends, ["interrupted"])
    }).pipe(Effect.scoped))

  it.effect("is interrupted when the response is left, when the scope closes and when the effect is interrupted", () =>
    Effect.gen(function*() {
      const left = yield* observed(Stream.never)
      const server = yield* scriptedDuplex(textResponse("a", "b"))
      const layer = duplexClient(server.duplex)
      const { Body } = yield* open(left.Body).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* collect(Stream.take(Body, 1)), ["a"])
      const closed = yield* observed(Stream.never)
      yield* Effect.scoped(Effect.provide(open(closed.Body), layer))
      const waiting = yield* observed(Stream.never)
      const silent = yield* scriptedDuplex(({ send }) => Effect.zipRight(send, Effect.never))
      const fiber = yield* Effect.fork(Effect.provide(open(waiting.Body), duplexClient(silent.duplex)))
      yield* settle
      yield* Fiber.interrupt(fiber)
      yield* settle
      assert.deepStrictEqual(yield* Effect.all([left.counts, closed.counts, waiting.counts]), [[1, 1], [1, 1], [1, 1]])
    }).pipe(Effect.scoped))

  it.effect.each([
    { name: "no part", value: null, field: "Body" },
    { name: "no bytes", value: { Bytes: "text" }, field: "Body.Bytes" },
    { name: "an unknown DataType", value: { Bytes: utf8("a"), DataType: "TEXT" }, field: "Body.DataType" },
    { name: "an unknown state", value: { Bytes: utf8("a"), CompletionState: "DONE" }, field: "Body.CompletionState" },
    { name: "padding that is no text", value: { Bytes: utf8("a"), P: 1 }, field: "Body.P" },
    { name: "padding that is too long", value: { Bytes: utf8("a"), P: "x".repeat(22_000) }, field: "Body.P" }
  ])(
    "fails with InvalidInputError for $name, after the parts before it are sent",
    ({ field, value }) =>
      Effect.gen(function*() {
        const server = yield* scriptedDuplex(({ send }) => Effect.zipRight(send, Effect.never))
        const Body = Stream.make(part("a"), value as Bidirectional.RequestPart)
        const error = yield* Effect.flip(open(Body).pipe(Effect.provide(duplexClient(server.duplex))))
        assert.deepInclude(error, { _tag: "InvalidInputError", field })
        assert.lengthOf(yield* server.bytes, 1)
      }).pipe(Effect.scoped)
  )

  it.effect("is run once, also if a transport sends the body twice", () =>
    Effect.gen(function*() {
      const source = yield* observed(parts("a"))
      const server = yield* scriptedDuplex(({ received, send }) =>
        Effect.gen(function*() {
          yield* Effect.ignore(yield* send)
          yield* Effect.ignore(yield* send)
          return { body: Stream.fromIterable(textFrames(...(yield* received))) }
        })
      )
      const { Body } = yield* open(source.Body).pipe(Effect.provide(duplexClient(server.duplex)))
      assert.deepStrictEqual(yield* collect(Body), ["a"])
      assert.deepStrictEqual(yield* source.counts, [1, 1])
      assert.deepStrictEqual(yield* server.ends, ["ended", "failed"])
    }).pipe(Effect.scoped))

  it.effect("must be a stream", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(textResponse())
      const error = yield* Effect.flip(open("text" as never).pipe(Effect.provide(duplexClient(server.duplex))))
      assert.deepInclude(error, { _tag: "InvalidInputError", field: "Body" })
      assert.lengthOf(yield* server.requests, 0)
    }).pipe(Effect.scoped))

  it.effect("fails with PayloadTooLargeError for a part over the limit of an event", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(({ send }) => Effect.zipRight(send, Effect.never))
      const error = yield* Effect.flip(
        open(Stream.make({ Bytes: new Uint8Array(24 * 1024 * 1024) })).pipe(Effect.provide(duplexClient(server.duplex)))
      )
      assert.deepInclude(error, { _tag: "PayloadTooLargeError", direction: "request" })
    }).pipe(Effect.scoped))
})

describe("A retry of a bidirectional stream", () => {
  const retry = RetryPolicy.standard({ maxAttempts: 3 })

  const withTime = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(effect)
      yield* TestClock.adjust("10 minutes").pipe(Effect.repeatN(5))
      return yield* Fiber.join(fiber)
    })

  it.effect("happens before the source is run", () =>
    Effect.gen(function*() {
      const source = yield* observed(parts("a"))
      const server = yield* scriptedDuplex(() => Effect.fail({ code: "ECONNREFUSED" }), echoResponse)
      const { $metadata, Body } = yield* withTime(
        open(source.Body).pipe(RetryPolicy.use(retry), Effect.provide(duplexClient(server.duplex)))
      )
      assert.strictEqual($metadata.attempts, 2)
      assert.deepStrictEqual(yield* collect(Body), ["a"])
      assert.deepStrictEqual(yield* source.counts, [1, 1])
    }).pipe(Effect.scoped))

  it.effect("does not happen after the source was run", () =>
    Effect.gen(function*() {
      const source = yield* observed(Stream.never)
      const server = yield* scriptedDuplex(
        ({ send }) =>
          Effect.as(Effect.zipLeft(send, Effect.yieldNow()), {
            status: 503,
            headers: { "x-amzn-errortype": "ServiceUnavailableError" },
            body: Stream.make(utf8("{\"Message\":\"later\",\"ErrorCode\":\"BUSY\"}"))
          }),
        echoResponse
      )
      const error = yield* Effect.flip(
        withTime(open(source.Body).pipe(RetryPolicy.use(retry), Effect.provide(duplexClient(server.duplex))))
      )
      assert.deepInclude(error, {
        _tag: "ServiceUnavailableError",
        status: 503,
        retry: "transient",
        ErrorCode: "BUSY",
        message: "later",
        attempts: 1
      })
      assert.lengthOf(yield* server.requests, 1)
    }).pipe(Effect.scoped))
})

describe("An error of a bidirectional stream", () => {
  it.effect.each([
    { code: "InputValidationError", status: 400, retry: "never" },
    { code: "InternalServerError", status: 500, retry: "transient" },
    { code: "ServiceUnavailableError", status: 503, retry: "transient" },
    { code: "ModelError", status: 424, retry: "never" }
  ])("before the response: $code", ({ code, retry, status }) =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(({ send }) =>
        Effect.as(send, {
          status,
          headers: { "x-amzn-errortype": code },
          body: Stream.make(utf8("{\"Message\":\"no\"}"))
        })
      )
      const error = yield* Effect.flip(
        open(Stream.never).pipe(
          RetryPolicy.use(RetryPolicy.none),
          Effect.provide(duplexClient(server.duplex))
        )
      )
      const { _tag, status: actualStatus, retry: actualRetry } = error as SageMakerError.ServiceError
      assert.deepStrictEqual([_tag, actualStatus, actualRetry], [code, status, retry])
    }).pipe(Effect.scoped))

  it.effect.each([
    { code: "ModelStreamError", tag: "ModelStreamError" },
    { code: "InternalStreamFailure", tag: "InternalStreamFailure" },
    { code: "SomethingElse", tag: "UnknownServiceError" }
  ])("as an exception frame: $code", ({ code, tag }) =>
    Effect.gen(function*() {
      const source = yield* observed(Stream.concat(parts("secret words of the caller"), Stream.never))
      const server = yield* scriptedDuplex(({ send }) =>
        Effect.as(send, {
          body: Stream.fromIterable([
            ...textFrames("a"),
            exceptionFrame(code, { Message: "the model read secret words of the caller" })
          ])
        })
      )
      const { Body } = yield* open(source.Body).pipe(Effect.provide(duplexClient(server.duplex)))
      const seen = yield* Queue.unbounded<string>()
      const error = yield* Effect.flip(Stream.runForEach(Body, ({ Bytes }) => Queue.offer(seen, text(Bytes))))
      assert.strictEqual(error._tag, tag)
      assert.notInclude(error.message, "secret words")
      assert.strictEqual(yield* Queue.take(seen), "a")
      yield* settle
      assert.deepStrictEqual(yield* source.counts, [1, 1])
    }).pipe(Effect.scoped))

  it.effect("keeps a message that does not repeat what was sent", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(({ send }) =>
        Effect.as(send, {
          body: Stream.make(
            exceptionFrame("ModelStreamError", {
              Message: "The stream of the container broke",
              ErrorCode: "StreamBroken"
            })
          )
        })
      )
      const { Body } = yield* open(Stream.concat(parts("abc"), Stream.never)).pipe(
        Effect.provide(duplexClient(server.duplex))
      )
      const error = yield* Effect.flip(Stream.runDrain(Body))
      assert.deepInclude(error, { message: "The stream of the container broke", ErrorCode: "StreamBroken" })
    }).pipe(Effect.scoped))

  it.effect.each([
    {
      name: "a frame with a wrong checksum",
      body: Stream.make(textFrames("a")[0]!.map((byte, index) => index === 40 ? byte ^ 1 : byte)),
      tag: "ProtocolError"
    },
    { name: "an end inside a frame", body: Stream.make(textFrames("a")[0]!.subarray(0, 30)), tag: "ProtocolError" },
    {
      name: "a lost connection",
      body: Stream.concat(Stream.fromIterable(textFrames("a")), Stream.fail(new Cause.RuntimeException("lost"))),
      tag: "TransportError"
    }
  ])("ends both directions: $name", ({ body, tag }) =>
    Effect.gen(function*() {
      const source = yield* observed(Stream.never)
      const server = yield* scriptedDuplex(({ send }) => Effect.as(send, { body }))
      const { Body } = yield* open(source.Body).pipe(Effect.provide(duplexClient(server.duplex)))
      const error = yield* Effect.flip(Stream.runDrain(Body))
      assert.strictEqual(error._tag, tag)
      yield* settle
      assert.deepStrictEqual(yield* source.counts, [1, 1])
    }).pipe(Effect.scoped))
})

describe("The timeouts of a bidirectional stream", () => {
  it.effect("idle ends a stream in which nothing is sent and nothing is received", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(neverEnding)
      const source = yield* Queue.unbounded<Bidirectional.RequestPart>()
      const { Body } = yield* open(Stream.fromQueue(source)).pipe(
        Timeouts.use({ idle: "10 seconds", total: "3 seconds", attempt: "2 seconds" }),
        Effect.provide(duplexClient(server.duplex))
      )
      const reader = yield* Effect.fork(Effect.flip(Stream.runDrain(Body)))
      for (const _ of [1, 2, 3]) {
        yield* TestClock.adjust("8 seconds")
        yield* Queue.offer(source, part("a"))
        yield* settle
        assert.isNull(reader.unsafePoll())
      }
      yield* TestClock.adjust("11 seconds")
      assert.deepInclude(yield* Fiber.join(reader), { _tag: "TimeoutError", phase: "idle" })
    }).pipe(Effect.scoped))

  it.effect.each(["firstByte", "attempt", "total"] as const)(
    "%s ends a call without response headers",
    (phase) =>
      Effect.gen(function*() {
        const source = yield* observed(Stream.never)
        const server = yield* scriptedDuplex(({ send }) => Effect.zipRight(send, Effect.never))
        const call = yield* Effect.fork(Effect.flip(
          open(source.Body).pipe(
            Timeouts.use({ [phase]: "2 seconds" }),
            Effect.provide(duplexClient(server.duplex))
          )
        ))
        yield* settle
        yield* TestClock.adjust("2 seconds")
        assert.deepInclude(yield* Fiber.join(call), { _tag: "TimeoutError", phase, requestSent: true })
        yield* settle
        assert.deepStrictEqual(yield* source.counts, [1, 1])
      }).pipe(Effect.scoped)
  )
})

describe("The credentials of a bidirectional stream", () => {
  it.effect("fail the output's Body if they expire while frames are sent", () =>
    Effect.gen(function*() {
      const source = yield* Queue.unbounded<Bidirectional.RequestPart>()
      const server = yield* scriptedDuplex(neverEnding)
      const signer = Signer.layer
      const { Body } = yield* open(Stream.fromQueue(source)).pipe(
        Effect.provide(duplexClient(
          server.duplex,
          Layer.provide(
            signer,
            Credentials.layer({
              accessKeyId: "AKIDEXAMPLE",
              secretAccessKey: "wJalrXUtnFEMI",
              sessionToken: "token",
              expiration: new Date(60_000)
            })
          )
        ))
      )
      const reader = yield* Effect.fork(Effect.flip(Stream.runDrain(Body)))
      yield* Queue.offer(source, part("a"))
      yield* settle
      assert.lengthOf(yield* server.bytes, 1)
      yield* TestClock.adjust("60 seconds")
      yield* Queue.offer(source, part("b"))
      assert.strictEqual((yield* Fiber.join(reader))._tag, "CredentialsError")
      assert.lengthOf(yield* server.bytes, 1)
    }).pipe(Effect.scoped))
})
