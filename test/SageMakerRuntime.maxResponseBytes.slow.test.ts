import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer } from "effect"
import { invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { memoryInUse } from "./support/memory.ts"
import { scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"
import { serve } from "./support/server.ts"

const input = { EndpointName: "anomaly-v2", ContentType: "text/plain", Body: "x" }

const clients = { fetch: FetchHttpClient.layer, "the Node client": NodeHttpClient.layer() }

/** Calls an endpoint of a server with a client of this name. */
const callTo = (url: string, http: (typeof clients)[keyof typeof clients], maxResponseBytes?: number | false) =>
  invokeEndpoint(input).pipe(
    Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url, maxResponseBytes }).pipe(
        Layer.provide([Signer.layerAnonymous, http])
      )
    )
  )

/** Writes chunks until the connection is closed. */
const writeForever = (response: ServerResponse, chunk: Uint8Array) => {
  response.writeHead(200)
  const write = () => {
    while (!response.destroyed && response.write(chunk)) {
      // The loop ends when the socket's buffer is full.
    }
    response.once("drain", write)
  }
  response.socket?.setNoDelay(true)
  write()
}

const deferred = () => {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const tooLarge = (limit: number) => ({
  _tag: "PayloadTooLargeError" as const,
  direction: "response" as const,
  limit,
  status: 200,
  attempts: 1,
  retry: "never" as const,
  message: `The response body has more than ${limit} bytes, the client's limit (maxResponseBytes)`
})

for (const [name, http] of Object.entries(clients)) {
  describe(`maxResponseBytes, with ${name},`, () => {
    it.scopedLive("allows a body of exactly that size", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => response.end("12345"))
        const { Body } = yield* callTo(server.url, http, 5)
        assert.strictEqual(Body.byteLength, 5)
        const error = yield* Effect.flip(callTo(server.url, http, 4))
        assert.deepInclude(error, tooLarge(4))
      }))

    it.scopedLive("ends a response without end and closes its connection", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => writeForever(response, new Uint8Array(16 * 1024)))
        const error = yield* Effect.flip(callTo(server.url, http, 1_000_000))
        assert.deepInclude(error, tooLarge(1_000_000))
        yield* Effect.repeat(Effect.sleep(5), { until: () => server.sockets.size === 0 }).pipe(Effect.timeout(5_000))
      }))

    it.scopedLive("is 64 MiB by default", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => writeForever(response, new Uint8Array(1024 * 1024)))
        assert.deepInclude(yield* Effect.flip(callTo(server.url, http)), tooLarge(67_108_864))
      }))

    it.scopedLive("does not limit a body if it is false", () =>
      Effect.gen(function*() {
        const server = yield* serve((_, response) => response.end(Buffer.alloc(70 * 1024 * 1024)))
        const { Body } = yield* callTo(server.url, http, false)
        assert.strictEqual(Body.byteLength, 73_400_320)
      }))
  })
}

describe("maxResponseBytes", () => {
  it.scopedLive("applies to the body after decoding", () =>
    Effect.gen(function*() {
      const packed = gzipSync(Buffer.alloc(20_000_000))
      const server = yield* serve((_, response) =>
        response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.byteLength }).end(packed)
      )
      assert.isBelow(packed.byteLength, 100_000)
      const error = yield* Effect.flip(callTo(server.url, clients.fetch, 100_000))
      assert.deepInclude(error, tooLarge(100_000))
    }))

  it.effect("is an error of its setting if it is no number of bytes", () =>
    Effect.forEach([-1, NaN, "canary" as never], (maxResponseBytes) =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntimeWith({ maxResponseBytes }, { status: 200 })
        const error = yield* Effect.flip(Effect.provide(invokeEndpoint(input), server.layer))
        assert.deepInclude(error, { _tag: "ConfigurationError", setting: "maxResponseBytes" })
        assert.notInclude(error.message, "canary")
      })))
})

describe("A body", () => {
  it.scopedLive("in chunks of one byte uses memory for its bytes, not for its chunks", () =>
    Effect.gen(function*() {
      const chunks = 200_000
      const allSent = deferred()
      const mayEnd = deferred()
      let sent = 0
      const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
        if (sent === chunks) {
          allSent.resolve()
          await mayEnd.promise
          controller.close()
        } else {
          sent += 1
          controller.enqueue(Uint8Array.of(sent))
        }
      }
      const server = yield* scriptedRuntimeWith({}, () => Effect.sync(() => new Response(new ReadableStream({ pull }))))
      const before = yield* memoryInUse
      const call = yield* Effect.fork(Effect.provide(invokeEndpoint(input), server.layer))
      yield* Effect.promise(() => allSent.promise)
      assert.isBelow((yield* memoryInUse) - before, chunks * 25)
      mayEnd.resolve()
      const { Body } = yield* call
      assert.strictEqual(Body.byteLength, chunks)
      assert.deepStrictEqual(Body.subarray(-3), Uint8Array.of(62, 63, 64))
    }), 30_000)

  it.scopedLive("that no buffer can hold fails with PayloadTooLargeError", () =>
    Effect.gen(function*() {
      const huge = Object.defineProperty(new Uint8Array(1), "byteLength", { value: 2 ** 53 - 1 })
      const server = yield* scriptedRuntimeWith({ maxResponseBytes: false }, () =>
        Effect.sync(() =>
          new Response(
            new ReadableStream<Uint8Array>({
              start: (controller) => {
                controller.enqueue(Uint8Array.of(1))
                controller.enqueue(huge)
                controller.close()
              }
            })
          )
        ))
      const exit = yield* Effect.exit(Effect.provide(invokeEndpoint(input), server.layer))
      assert.isTrue(Exit.isFailure(exit) && !Cause.isDie(exit.cause))
      assert.deepInclude(Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined, {
        _tag: "PayloadTooLargeError",
        direction: "response",
        message: "The response body is too large for one Uint8Array"
      })
    }))
})
