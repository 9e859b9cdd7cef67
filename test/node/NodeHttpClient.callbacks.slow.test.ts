import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Stream } from "effect"
import { invokeEndpoint, streamEndpoint, Timeouts } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { gzipSync } from "node:zlib"
import type { Dispatcher } from "undici"
import { afterEach, vi } from "vitest"
import { decodedSource } from "../../src/node/internal/http/contentDecoder.ts"
import { anonymousClient } from "../support/anonymousClient.ts"
import { input, withFixedRandom } from "../support/call.ts"
import { eventually } from "../support/eventually.ts"
import { serve } from "../support/server.ts"
import { httpClients, wireServer } from "../support/wireServer.ts"

const fail = (): never => {
  throw new RangeError("Array buffer allocation failed")
}

/** Fails if an effect leaves an error that nobody catches. */
const catchesAll = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const uncaught: Array<unknown> = []
      const add = (error: unknown) => void uncaught.push(error)
      process.on("uncaughtException", add).on("unhandledRejection", add)
      return { uncaught, add }
    }),
    ({ uncaught }) =>
      effect.pipe(
        Effect.timeout("5 seconds"),
        Effect.zipLeft(Effect.sleep("20 millis")),
        Effect.tap(() => Effect.sync(() => assert.deepStrictEqual(uncaught, [])))
      ),
    ({ add }) => Effect.sync(() => process.off("uncaughtException", add).off("unhandledRejection", add))
  )

/** A call that fails with a typed error. */
const failed = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(effect)
    if (Exit.isSuccess(exit)) {
      return assert.fail("The call succeeded")
    }
    assert.isFalse(Cause.isDie(exit.cause), String(exit.cause))
    return Cause.squash(exit.cause) as E
  }).pipe(catchesAll)

const call = invokeEndpoint(input).pipe(withFixedRandom(0))

type Handler = Dispatcher.DispatchHandler
type Controller = { -readonly [K in keyof Dispatcher.DispatchController]: Dispatcher.DispatchController[K] }

const controller = (changes: Partial<Controller> = {}): Controller => ({
  aborted: false,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  ...changes
})

/** A client over a dispatcher whose events a test scripts. */
const scripted = (script: (handler: Required<Handler>) => void, isSync = false) =>
  anonymousClient(
    "http://127.0.0.1:1",
    NodeHttpClient.layer({
      dispatcher: {
        dispatch: (_, handler) => {
          const run = () => script(handler as Required<Handler>)
          if (isSync) {
            run()
          } else {
            setImmediate(run)
          }
          return true
        }
      }
    })
  )

const throwingHeaders = Object.defineProperty({}, "x-a", { enumerable: true, get: fail }) as Record<string, string>
const unreadable = Object.defineProperty(new Uint8Array(1), "byteLength", { value: 2 ** 53 - 1 }) as Buffer
const bytes = (text: string) => Buffer.from(text)

/** Events of undici that throw inside a callback of ours, or come in a wrong order. */
const events: ReadonlyArray<readonly [name: string, script: (handler: Required<Handler>) => void]> = [
  ["onResponseStart throws", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseStart(controller(), 200, throwingHeaders)
    handler.onResponseData(controller(), bytes("ok"))
    handler.onResponseEnd(controller(), {})
  }],
  ["onResponseStart throws, and abort throws", (handler) => {
    handler.onRequestStart(controller({ abort: fail }), {})
    handler.onResponseStart(controller({ abort: fail }), 200, throwingHeaders)
  }],
  ["onResponseData throws, because the chunk needs too much memory", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseStart(controller(), 200, {})
    handler.onResponseData(controller(), unreadable)
    handler.onResponseEnd(controller(), {})
  }],
  ["onResponseData throws while the body is read", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseStart(controller(), 200, {})
    setTimeout(() => handler.onResponseData(controller(), unreadable), 10)
  }],
  ["pause throws", (handler) => {
    const own = controller({ pause: fail })
    handler.onRequestStart(own, {})
    handler.onResponseStart(own, 200, {})
    handler.onResponseData(own, Buffer.alloc(100_000))
  }],
  ["resume throws", (handler) => {
    const own = controller({ paused: true, resume: fail })
    handler.onRequestStart(own, {})
    handler.onResponseStart(own, 200, {})
  }],
  ["onResponseEnd comes without response headers", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseStart(controller(), 103, {})
    handler.onResponseEnd(controller(), {})
  }],
  ["onResponseError has no error", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseError(controller(), undefined as never)
  }],
  ["onResponseError has no error after the response headers", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseStart(controller(), 200, {})
    handler.onResponseError(controller(), null as never)
  }],
  ["onResponseError comes twice", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseError(controller(), new Error("first"))
    handler.onResponseError(controller(), new Error("second"))
    handler.onResponseData(controller(), bytes("late"))
    handler.onResponseEnd(controller(), {})
  }],
  ["onResponseError has an error whose code throws", (handler) => {
    handler.onRequestStart(controller(), {})
    handler.onResponseError(controller(), Object.defineProperty(new Error("a"), "code", { get: fail }))
  }],
  ["status 101 and abort throws", (handler) => {
    handler.onRequestStart(controller({ abort: fail }), {})
    handler.onResponseStart(controller({ abort: fail }), 101, {})
  }]
]

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe("A callback of undici does not throw, and the call fails:", () => {
  it.live.each(events)("%s", ([, script]) =>
    Effect.gen(function*() {
      const error = yield* failed(Effect.provide(call, scripted(script)))
      assert.include(["TransportError", "ProtocolError"], error._tag)
    }))

  it.live("dispatch throws", () =>
    Effect.gen(function*() {
      const error = yield* failed(Effect.provide(call, scripted(fail, true)))
      assert.deepInclude(error, { _tag: "TransportError", requestSent: false })
    }))

  it.live("dispatch reports an error before it returns", () =>
    Effect.gen(function*() {
      const early = scripted((handler) => handler.onResponseError(controller(), new Error("early")), true)
      assert.deepInclude(yield* failed(Effect.provide(call, early)), { _tag: "TransportError", requestSent: false })
    }))

  it.live("the firstByte timer aborts, and abort throws", () =>
    Effect.gen(function*() {
      const silent = scripted((handler) => handler.onRequestStart(controller({ abort: fail }), {}))
      const error = yield* failed(call.pipe(Timeouts.use({ firstByte: "20 millis" }), Effect.provide(silent)))
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "firstByte" })
    }))

  it.live("the idle timer closes the body, and abort throws", () =>
    Effect.gen(function*() {
      const stalled = scripted((handler) => {
        handler.onRequestStart(controller({ abort: fail }), {})
        handler.onResponseStart(controller({ abort: fail }), 200, {})
      })
      const error = yield* failed(call.pipe(Timeouts.use({ idle: "20 millis" }), Effect.provide(stalled)))
      assert.deepInclude(error, { _tag: "TimeoutError", phase: "idle" })
    }))

  it.live("the abort listener aborts, and abort throws", () =>
    Effect.gen(function*() {
      const dispatcher = {
        dispatch: (_: unknown, handler: Handler) => {
          handler.onRequestStart?.(controller({ abort: fail }), {})
          return true
        }
      }
      const client = yield* NodeHttpClient.make({ dispatcher })
      const exit = yield* client.get("http://127.0.0.1:1").pipe(
        Effect.timeoutOption("20 millis"),
        Effect.exit,
        catchesAll
      )
      assert.isTrue(Exit.isSuccess(exit))
    }).pipe(Effect.scoped))

  it.live("the request is interrupted before it starts, and abort throws", () =>
    Effect.gen(function*() {
      const late = scripted((handler) => setTimeout(() => handler.onRequestStart(controller({ abort: fail }), {}), 40))
      yield* call.pipe(
        Effect.provide(late),
        Effect.timeoutOption("20 millis"),
        Effect.zipLeft(Effect.sleep(50)),
        catchesAll
      )
    }))
})

/** Makes every allocation of at least this many bytes fail. */
const limitAllocations = (limit: number) =>
  vi.stubGlobal(
    "Uint8Array",
    new Proxy(Uint8Array, {
      construct: (target, args: Array<never>, newTarget) =>
        typeof args[0] === "number" && args[0] >= limit ? fail() : Reflect.construct(target, args, newTarget) as object
    })
  )

for (const [client, http] of Object.entries(httpClients)) {
  describe(`A body that no memory can hold, with ${client},`, () => {
    it.scopedLive.each(["content-length", "chunked", "gzip"])("fails the call: %s", (kind) =>
      Effect.gen(function*() {
        const body = Buffer.alloc(3_000_000, "abc")
        const server = yield* serve((_, response) => {
          if (kind === "gzip") {
            response.setHeader("content-encoding", "gzip")
          }
          if (kind === "content-length") {
            response.setHeader("content-length", body.byteLength)
          }
          response.end(kind === "gzip" ? gzipSync(body) : body)
        })
        const layer = yield* Layer.build(anonymousClient(server.url, http))
        limitAllocations(2_000_000)
        const error = yield* failed(Effect.provide(call, layer))
        assert.deepInclude(error, {
          _tag: "PayloadTooLargeError",
          direction: "response",
          message: "The response body is too large for one Uint8Array"
        })
        assert.strictEqual(server.seen().length, 1)
      }))

    it.scopedLive("fails the HttpClient's response", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => response.end(Buffer.alloc(3_000_000)))
        limitAllocations(2_000_000)
        const { text } = yield* HttpClient.get(server.url)
        if (client !== "fetch") {
          assert.deepInclude(yield* failed(text), { _tag: "ResponseError", reason: "Decode" })
        }
      }).pipe(Effect.provide(http)))
  })
}

describe("A callback of a socket does not throw:", () => {
  it.scopedLive("the response headers cannot be joined", () =>
    Effect.gen(function*() {
      const server = yield* wireServer({ packets: ["HTTP/1.1 1", "00 Continue\r\n\r\n"] })
      const layer = yield* Layer.build(anonymousClient(server.url, httpClients["the Node client"]))
      const concat = vi.spyOn(Buffer, "concat").mockImplementation(fail)
      const error = yield* failed(
        call.pipe(Effect.provide(layer), Effect.ensuring(Effect.sync(() => concat.mockRestore())))
      )
      assert.deepInclude(error, { _tag: "TransportError" })
      yield* eventually(() => server.sockets.size === 0)
    }))
})

describe("A callback of a decoder does not throw:", () => {
  const headers = { "content-encoding": "gzip" }
  const packed = gzipSync(Buffer.from("reading"))

  it.live("the receiver throws", () =>
    catchesAll(Effect.async<void>((resume) => {
      let pulls = 0
      const source = decodedSource(
        { pull: (receiver) => receiver.onChunks(pulls++ === 0 ? [packed] : [], pulls > 1), cancel: Effect.void },
        headers
      )
      source.pull({
        onChunks: fail,
        onError: () => resume(Effect.void)
      })
      setTimeout(() => resume(Effect.void), 50)
    })))

  it.live("the source throws", () =>
    Effect.gen(function*() {
      const source = decodedSource({ pull: fail, cancel: Effect.void }, headers)
      const cause = yield* catchesAll(Effect.async<unknown>((resume) =>
        source.pull({ onChunks: () => undefined, onError: (error) => resume(Effect.succeed(error)) })
      ))
      assert.instanceOf(cause, RangeError)
    }))

  it.live("the source reports an error while the decoder works", () =>
    Effect.gen(function*() {
      const source = decodedSource({
        pull: (receiver) => {
          receiver.onChunks([packed.subarray(0, 15)], false)
          receiver.onError(new Error("cut"))
          receiver.onChunks([packed.subarray(15)], true)
        },
        cancel: Effect.void
      }, headers)
      const cause = yield* catchesAll(Effect.async<unknown>((resume) =>
        source.pull({ onChunks: () => undefined, onError: (error) => resume(Effect.succeed(error)) })
      ))
      assert.deepInclude(cause, { message: "cut" })
    }))
})

/** An `HttpClient` with a scripted response. */
const respondingWith = (
  change: (response: HttpClientResponse.HttpClientResponse) => HttpClientResponse.HttpClientResponse
) =>
  anonymousClient(
    "http://127.0.0.1:1",
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) => Effect.sync(() => change(HttpClientResponse.fromWeb(request, new Response("ok")))))
    )
  )

const respondingWithWeb = (web: Response) => respondingWith(({ request }) => HttpClientResponse.fromWeb(request, web))

/** An `HttpClient` whose response is not from `fetch`, with a scripted stream. */
const withStream = (stream: () => Stream.Stream<Uint8Array>) =>
  respondingWith((response) =>
    new Proxy(response, {
      get: (target, key) => {
        if (key === "source") {
          return undefined
        }
        return key === "stream" ? stream() : Reflect.get(target, key, target) as unknown
      }
    })
  )

const web = (source: UnderlyingDefaultSource<unknown>, headers: Record<string, string> = {}) =>
  new Response(new ReadableStream(source) as ReadableStream<Uint8Array>, { headers })

/** Responses of `fetch` and other clients whose promises and callbacks fail. */
const responses = [
  ["a stream of fetch that fails", () => respondingWithWeb(web({ pull: fail }))],
  [
    "a stream of fetch that fails later",
    () => respondingWithWeb(web({ pull: () => new Promise((_, reject) => setTimeout(reject, 5)) }))
  ],
  ["a stream of fetch with text", () => respondingWithWeb(web({ start: (_) => _.enqueue("text") }))],
  ["a small body that fails", () => respondingWithWeb(web({ pull: fail }, { "content-length": "9" }))],
  ["a body that has been read", () => {
    const used = new Response("used")
    void used.text()
    return respondingWithWeb(used)
  }],
  ["a body that is locked", () => {
    const locked = web({ pull: fail })
    locked.body?.getReader()
    return respondingWithWeb(locked)
  }],
  ["a stream that throws", () => withStream(fail)],
  ["a stream that dies", () => withStream(() => Stream.die("dead"))],
  [
    "a stream that dies later",
    () =>
      withStream(() =>
        Stream.concat(Stream.make(new Uint8Array(1)), Stream.fromEffect(Effect.delay(Effect.die("dead"), 5)))
      )
  ],
  ["a stream of text", () => withStream(() => Stream.make("text") as never)]
] as const

describe("A callback of a promise does not throw, and the call fails:", () => {
  it.live.each(responses)("%s", ([, layer]) =>
    Effect.gen(function*() {
      const error = yield* failed(Effect.provide(call, layer()))
      assert.include(["TransportError", "ProtocolError", "PayloadTooLargeError"], error._tag)
      yield* failed(Stream.runDrain(streamEndpoint(input)).pipe(Effect.provide(layer())))
    }))

  it.live("a chunk that needs too much memory", () =>
    Effect.gen(function*() {
      const layer = respondingWithWeb(web({ start: (_) => _.enqueue(unreadable) }))
      assert.deepInclude(yield* failed(Effect.provide(call, layer)), { _tag: "PayloadTooLargeError" })
    }))

  it.live.each(
    [fail, () => Promise.reject(new Error("no")), () => new Promise(() => undefined)] as ReadonlyArray<
      () => PromiseLike<void>
    >
  )("a stream whose cancellation fails or hangs", (cancel) =>
    Effect.gen(function*() {
      const layer = respondingWithWeb(web({ pull: (_) => _.enqueue(new Uint8Array(1_000_000)), cancel }))
      assert.deepInclude(yield* failed(Effect.provide(call, layer)), { _tag: "PayloadTooLargeError" })
    }))
})

describe("A request body", () => {
  it.scopedLive.each(
    [
      ["that dies", Stream.die("dead")],
      [
        "that dies later",
        Stream.concat(Stream.make(new Uint8Array(9)), Stream.fromEffect(Effect.delay(Effect.die("dead"), 20)))
      ],
      [
        "whose finalizer dies",
        Stream.repeatEffect(Effect.delay(Effect.succeed(new Uint8Array(9)), 1)).pipe(
          Stream.ensuring(Effect.die("dead"))
        )
      ],
      ["of text", Stream.make("text", 5, null, {}) as never]
    ] as const
  )("%s leaves no uncaught error", ([, body]) =>
    Effect.gen(function*() {
      const server = yield* serve(() => undefined)
      const client = yield* NodeHttpClient.make({ proxy: false })
      yield* client.execute(HttpClientRequest.bodyStream(body)(HttpClientRequest.post(server.url))).pipe(
        Effect.timeout("50 millis"),
        Effect.exit,
        catchesAll
      )
      yield* eventually(() => server.sockets.size === 0)
    }))
})

describe("A reader that dies", () => {
  it.scopedLive("closes the connection", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.write(Buffer.alloc(100)))
      const client = yield* NodeHttpClient.make({ proxy: false })
      const { stream } = yield* client.get(server.url)
      const exit = yield* stream.pipe(Stream.map(fail), Stream.runCollect, Effect.exit, catchesAll)
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      yield* eventually(() => server.sockets.size === 0)
    }))
})
