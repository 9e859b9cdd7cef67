import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Queue, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"
import type { RequestPart, ResponsePart } from "../../src/InvokeEndpointWithBidirectionalStream.ts"
import { exchange, execute, host, send } from "../support/bidirectionalEmulator.ts"
import { partFrame, receivedFrames, signedRequest, text, textFrame } from "../support/bidirectionalFrames.ts"

const texts = (parts: Stream.Stream<RequestPart>) => Stream.map(parts, ({ Bytes }) => text(Bytes))

const echo = Emulator.bidirectional("echo", texts)

const emulator = (...endpoints: ReadonlyArray<Emulator.EmulatorEndpoint>) =>
  Emulator.layerDuplexTransport({ endpoints: [echo, ...endpoints] })

describe("A bidirectional handler", () => {
  it.live("returns a part for each part of the request", () =>
    Effect.gen(function*() {
      const { headers, received, status } = yield* exchange(["a", "b", "c"].map(textFrame))
      assert.strictEqual(status, 200)
      assert.deepInclude(headers, {
        "content-type": "application/vnd.amazon.eventstream",
        "x-amzn-invoked-production-variant": "AllTraffic"
      })
      assert.deepStrictEqual(received, ["a", "b", "c"])
    }).pipe(Effect.provide(emulator())))

  it.live("receives the members of the request and of its parts", () =>
    Effect.gen(function*() {
      const requests: Array<unknown> = []
      const recording = Emulator.bidirectional("recording", (parts, request) => {
        requests.push(request)
        return Stream.mapConcat(parts, (part) => {
          requests.push(part)
          return []
        })
      })
      const members = { Bytes: new Uint8Array([1]), DataType: "BINARY", CompletionState: "PARTIAL", P: "abc" } as const
      const { headers } = yield* exchange([partFrame(members), partFrame({ Bytes: new Uint8Array() })], {
        endpoint: "recording",
        headers: {
          "x-amzn-sagemaker-target-variant": "blue",
          "x-amzn-sagemaker-model-invocation-path": "v1/realtime",
          "x-amzn-sagemaker-model-query-string": "a=1&b=%20"
        }
      }).pipe(Effect.provide(emulator(recording)))
      assert.strictEqual(headers["x-amzn-invoked-production-variant"], "blue")
      assert.deepStrictEqual(requests, [
        {
          operation: "InvokeEndpointWithBidirectionalStream",
          EndpointName: "recording",
          TargetVariant: "blue",
          ModelInvocationPath: "v1/realtime",
          ModelQueryString: "a=1&b=%20"
        },
        members,
        { Bytes: new Uint8Array() }
      ])
    }))

  it.live("sets the headers of its outputs", () =>
    Effect.gen(function*() {
      const part: ResponsePart = { Bytes: new Uint8Array([65]), DataType: "UTF8", CompletionState: "PARTIAL", P: "x" }
      const mixed = Emulator.bidirectional("mixed", () =>
        Stream.make<Array<Emulator.EmulatorBidirectionalOutput>>("text", new Uint8Array([66]), part, {
          Bytes: new Uint8Array()
        }))
      const request = yield* signedRequest(host, { endpoint: "mixed" })
      const frames = yield* Effect.scoped(
        Effect.flatMap(execute(Stream.empty, request), ({ stream }) =>
          Stream.runCollect(receivedFrames(stream)))
      ).pipe(Effect.provide(emulator(mixed)))
      const event = {
        ":message-type": "event",
        ":event-type": "PayloadPart",
        ":content-type": "application/octet-stream"
      }
      assert.deepStrictEqual(Array.from(frames), [
        { headers: { ...event, DataType: "UTF8", CompletionState: "COMPLETE" }, body: "text" },
        { headers: { ...event, DataType: "BINARY", CompletionState: "COMPLETE" }, body: "B" },
        { headers: { ...event, DataType: "UTF8", CompletionState: "PARTIAL", P: "x" }, body: "A" },
        { headers: event, body: "" }
      ])
    }))

  it.live("receives and returns parts at the same time", () =>
    Effect.gen(function*() {
      const request = yield* signedRequest(host)
      const frames = yield* Queue.unbounded<Uint8Array>()
      const sendText = (value: string) =>
        Effect.flatMap(request.signFrame(textFrame(value)), (frame) => Queue.offer(frames, frame))
      // The response headers arrive before the first part is sent.
      const { stream } = yield* execute(Stream.fromQueue(frames), request)
      const received = yield* Stream.toQueueOfElements(receivedFrames(stream))
      for (const value of ["one", "two"]) {
        yield* sendText(value)
        const next = yield* Queue.take(received)
        assert.strictEqual(Exit.isSuccess(next) ? next.value.body : undefined, value)
      }
    }).pipe(Effect.scoped, Effect.provide(emulator())))

  it.live("can return outputs after the end of the request", () =>
    Effect.gen(function*() {
      const count = Emulator.bidirectional(
        "count",
        (parts) => Stream.fromEffect(Effect.map(Stream.runCount(parts), String))
      )
      const { received } = yield* exchange(["a", "b"].map(textFrame), { endpoint: "count" }).pipe(
        Effect.provide(emulator(count))
      )
      assert.deepStrictEqual(received, ["2"])
    }))

  it.live("can end before the request, whose source is interrupted", () =>
    Effect.gen(function*() {
      const first = Emulator.bidirectional("first", (parts) => Stream.take(texts(parts), 1))
      const interrupted = yield* Deferred.make<void>()
      const request = yield* signedRequest(host, { endpoint: "first" })
      const frame = yield* request.signFrame(textFrame("a"))
      const source = Stream.concat(
        Stream.make(frame),
        Stream.fromEffect(Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined)))
      )
      const { received } = yield* send(source, request).pipe(Effect.provide(emulator(first)))
      assert.deepStrictEqual(received, ["a"])
      const silent = Stream.ensuring(
        Stream.concat(Stream.make(frame), Stream.never),
        Deferred.succeed(interrupted, undefined)
      )
      yield* send(silent, request).pipe(Effect.provide(emulator(first)))
      yield* Deferred.await(interrupted)
    }))

  it.live("is interrupted when the client leaves the response", () =>
    Effect.gen(function*() {
      const interrupted = yield* Deferred.make<void>()
      const endless = Emulator.bidirectional("endless", () =>
        Stream.concat(Stream.make("a"), Stream.never).pipe(Stream.ensuring(Deferred.succeed(interrupted, undefined))))
      const request = yield* signedRequest(host, { endpoint: "endless" })
      yield* Effect.gen(function*() {
        const { stream } = yield* execute(Stream.never, request)
        yield* Stream.runHead(stream)
        yield* Deferred.await(interrupted)
      }).pipe(Effect.scoped, Effect.provide(emulator(endless)))
    }))

  it.live("is interrupted when the client interrupts the request before the response headers", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const silent = Emulator.bidirectional("silent", () =>
        Stream.fromEffect(
          Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
        ))
      const request = yield* signedRequest(host, { endpoint: "silent" })
      const call = yield* Effect.fork(send(Stream.empty, request).pipe(Effect.provide(emulator(silent))))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(call)
      yield* Deferred.await(interrupted)
    }))

  it.live("does not receive more parts than it reads", () =>
    Effect.gen(function*() {
      let pulled = 0
      const slow = Emulator.bidirectional("slow", (parts) => Stream.concat(Stream.take(texts(parts), 2), Stream.never))
      const request = yield* signedRequest(host, { endpoint: "slow" })
      const source = Stream.repeatEffect(
        Effect.tap(request.signFrame(textFrame("a")), () =>
          Effect.sync(() => {
            pulled += 1
          }))
      )
      const received = yield* Effect.flatMap(
        execute(source, request),
        ({ stream }) => Stream.runCollect(Stream.take(receivedFrames(stream), 2))
      ).pipe(Effect.scoped, Effect.provide(emulator(slow)))
      assert.strictEqual(received.length, 2)
      assert.isBelow(pulled, 10)
    }))
})

const unreadable = {
  get message(): string {
    throw new Error("unreadable")
  }
}

const failures: ReadonlyArray<readonly [what: string, failure: unknown, before: string, after: string]> = [
  [
    "ModelError",
    new SageMakerError.ModelError({ message: "no", OriginalStatusCode: 500 }),
    "424 ModelError no",
    "ModelError: no"
  ],
  [
    "ModelStreamError",
    new SageMakerError.ModelStreamError({ message: "broken", ErrorCode: "X" }),
    "500 ModelStreamError broken",
    "ModelStreamError: broken"
  ],
  [
    "InternalStreamFailure",
    new SageMakerError.InternalStreamFailure({ message: "down" }),
    "500 InternalStreamFailure down",
    "InternalStreamFailure: down"
  ],
  ["UnknownServiceError", new SageMakerError.UnknownServiceError({ status: 500, code: "Odd" }), "500", "error Odd"],
  ["any other value", "text", "424 ModelError", "ModelStreamError: text"],
  ["a value that throws", unreadable, "424 ModelError", "ModelStreamError: The model failed"]
]

describe("A failure of a bidirectional handler", () => {
  for (const [what, failure, before, after] of failures) {
    it.live(`before it reads or returns a part is an error response: ${what}`, () =>
      Effect.gen(function*() {
        const failing = Emulator.bidirectional("failing", () => Stream.fail(failure))
        const request = yield* signedRequest(host, { endpoint: "failing" })
        const response = yield* Effect.flatMap(execute(Stream.never, request), (response) =>
          Effect.map(response.text, (body) => {
            const { Message = "" } = body.startsWith("{") ? JSON.parse(body) as { Message?: string } : {}
            return `${response.status} ${response.headers["x-amzn-errortype"] ?? ""} ${Message}`.trim()
          })).pipe(Effect.scoped, Effect.provide(emulator(failing)))
        assert.include(response, before)
      }))

    it.live(`after the first part is an exception event: ${what}`, () =>
      Effect.gen(function*() {
        const failing = Emulator.bidirectional(
          "failing",
          (parts) => Stream.concat(Stream.take(texts(parts), 1), Stream.fail(failure))
        )
        const { received } = yield* exchange(["a", "b"].map(textFrame), { endpoint: "failing" }).pipe(
          Effect.provide(emulator(failing))
        )
        assert.deepStrictEqual(received, ["a", after])
      }))
  }

  it.live("is a defect of the model, which the emulator survives", () =>
    Effect.gen(function*() {
      const dying = Emulator.bidirectional("dying", (parts): Stream.Stream<string> => {
        throw Object.assign(new Error("bug"), { parts })
      })
      const late = Emulator.bidirectional("late", (parts) => Stream.map(parts, () => Effect.runSync(Effect.die("bug"))))
      const results = yield* Effect.forEach(
        ["dying", "late", "echo"],
        (endpoint) => exchange([textFrame("a")], { endpoint })
      ).pipe(Effect.provide(emulator(dying, late)))
      assert.deepStrictEqual(results.map(({ code, received }) => code ?? received[0]?.slice(0, 20)), [
        "ModelError",
        "ModelStreamError: bu",
        "a"
      ])
    }))

  it.live("resets the stream if it is a TransportError", () =>
    Effect.gen(function*() {
      const lost = Emulator.bidirectional(
        "lost",
        (parts) => Stream.concat(texts(parts), Stream.fail(new SageMakerError.TransportError({ reason: "reset" })))
      )
      const error = yield* Effect.flip(exchange([textFrame("a")], { endpoint: "lost" })).pipe(
        Effect.provide(emulator(lost))
      )
      assert.strictEqual(error._tag, "ResponseError")
    }))

  it.live("is an output that is not a part", () =>
    Effect.gen(function*() {
      const outputs = [
        undefined,
        null,
        7,
        {},
        { Bytes: "text" },
        { Bytes: new Uint8Array(), DataType: 7 },
        { Bytes: new Uint8Array(), P: "p".repeat(65_536) },
        new Uint8Array(24 * 1024 * 1024 + 1)
      ]
      for (const output of outputs) {
        const wrong = Emulator.bidirectional("wrong", () => Stream.make("a", output as string))
        const { received } = yield* exchange([], { endpoint: "wrong" }).pipe(Effect.provide(emulator(wrong)))
        assert.strictEqual(received[0], "a")
        assert.match(received[1]!, /^ModelStreamError: The handler returned/)
      }
    }))
})

describe("The endpoints of bidirectional streams", () => {
  const both = [
    Emulator.endpoint("both", () => Effect.succeed("unary")),
    Emulator.bidirectional("both", () => Stream.make("first")),
    Emulator.bidirectional("both", () => Stream.make("bidirectional"))
  ]
  const layer = Emulator.layerHttpClient({ endpoints: [...both, echo], credentials: "anonymous" })

  const invoke = (path: string) =>
    HttpClient.execute(HttpClientRequest.post(`https://${host}/endpoints/${path}`)).pipe(
      Effect.flatMap((response) =>
        Effect.map(response.text, (body) => `${response.status} ${response.headers["x-amzn-errortype"] ?? body}`)
      ),
      Effect.provide(layer)
    )

  it.live("can have a handler for the other operations", () =>
    Effect.gen(function*() {
      const request = yield* signedRequest(host, { endpoint: "both" })
      const { received } = yield* send(Stream.empty, request).pipe(Effect.provide(layer))
      assert.deepStrictEqual(received, ["bidirectional"])
      assert.strictEqual(yield* invoke("both/invocations"), "200 unary")
      assert.strictEqual(yield* invoke("echo/invocations"), "424 ModelError")
    }))

  it.live("serve the operation over DuplexTransport only", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* invoke("both/invocations-bidirectional-stream"), "404 UnknownOperationException")
      const path = "/endpoints/both/invocations"
      const { code } = yield* send(Stream.empty, { path, headers: {} }).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(code, "UnknownOperationException")
    }))

  it.live("reject other endpoints and invalid members with InputValidationError", () =>
    Effect.gen(function*() {
      const unary = Emulator.endpoint("unary", () => Effect.succeed(""))
      const rejected = (options: { readonly endpoint?: string; readonly headers?: Record<string, string> }) =>
        Effect.map(exchange([], options), ({ code, error, status }) => {
          assert.strictEqual(status, 400)
          assert.strictEqual(code, "InputValidationError")
          return JSON.stringify(error)
        }).pipe(Effect.provide(emulator(unary)))
      assert.include(yield* rejected({ endpoint: "absent" }), "not found")
      assert.include(yield* rejected({ endpoint: "unary" }), "does not support bidirectional streaming")
      for (
        const [name, value] of [
          ["target-variant", "-"],
          ["target-variant", "a".repeat(64)],
          ["model-invocation-path", "/v1"],
          ["model-invocation-path", "v1//a"],
          ["model-invocation-path", "a".repeat(101)],
          ["model-query-string", "a"],
          ["model-query-string", "a=%2"],
          ["model-query-string", `a=${"b".repeat(2_047)}`]
        ] as const
      ) {
        assert.include(yield* rejected({ headers: { [`x-amzn-sagemaker-${name}`]: value } }), "failed to satisfy")
      }
    }))
})

it.live("A source that fails ends the request", () =>
  Effect.gen(function*() {
    const request = yield* signedRequest(host)
    const frame = yield* request.signFrame(textFrame("a"))
    const source = Stream.concat(Stream.make(frame), Stream.fail("no microphone"))
    const error = yield* Effect.flip(send(source, request))
    assert.include(["RequestError", "ResponseError"], error._tag)
  }).pipe(Effect.provide(emulator())))

it.live("A handler can require services", () =>
  Effect.gen(function*() {
    const queue = yield* Queue.unbounded<string>()
    class Words extends Context.Tag("Words")<Words, Queue.Queue<string>>() {}
    const spoken = Emulator.bidirectional("spoken", () =>
      Stream.take(Stream.unwrap(Effect.map(Words, Stream.fromQueue)), 1))
    yield* Queue.offer(queue, "hello")
    const { received } = yield* exchange([], { endpoint: "spoken" }).pipe(
      Effect.provide(
        Emulator.layerDuplexTransport({ endpoints: [spoken] }).pipe(Layer.provide(Layer.succeed(Words, queue)))
      )
    )
    assert.deepStrictEqual(received, ["hello"])
  }))
