import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Layer, Schedule, Stream } from "effect"
import {
  AsyncInference,
  Codec,
  invokeEndpoint,
  ModelEndpoint,
  SageMakerError,
  Session,
  streamEndpoint
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulatedClient, httpClients, serveContainer } from "../support/container.ts"
import { serveTcp } from "../support/server.ts"

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const EndpointName = "model"

const modelError = (error: unknown): SageMakerError.ModelError => {
  assert.instanceOf(error, SageMakerError.ModelError)
  return error
}

const invoke = (url: string, options: Emulator.EmulatorContainerOptions = {}) =>
  invokeEndpoint({ EndpointName, Body: "{}" }).pipe(
    Effect.provide(emulatedClient([Emulator.container(EndpointName, url, options)]))
  )

const stream = (url: string, options: Emulator.EmulatorContainerOptions = {}) =>
  Stream.runCollect(streamEndpoint({ EndpointName, Body: "{}" })).pipe(
    Effect.map((parts) => Chunk.toReadonlyArray(parts).map(text)),
    Effect.provide(emulatedClient([Emulator.container(EndpointName, url, options)]))
  )

const failures = (
  url: string,
  options?: Emulator.EmulatorContainerOptions
): ReadonlyArray<Effect.Effect<unknown, unknown>> => [
  Effect.flip(invoke(url, options)),
  Effect.flip(stream(url, options))
]

for (const [name, http] of Object.entries(httpClients)) {
  describe(`A container over ${name}`, () => {
    it.live("receives the body and the headers of InvokeEndpoint, and its members are returned", () =>
      Effect.gen(function*() {
        const server = yield* serveContainer((response, body) =>
          response.writeHead(201, {
            "content-type": "text/csv",
            "x-amzn-sagemaker-custom-attributes": "trace=1",
            "x-amzn-invoked-production-variant": "forged",
            "x-internal": "secret"
          }).end(body)
        )
        const output = yield* invokeEndpoint({
          EndpointName,
          Body: new Uint8Array([0, 255, 10]),
          ContentType: "application/x-npy",
          Accept: "text/csv",
          CustomAttributes: "tenant=7",
          TargetModel: "model-a.tar.gz",
          TargetVariant: "blue",
          TargetContainerHostname: "second",
          InferenceId: "id-1",
          SessionId: "session-1",
          InferenceComponentName: "component"
        }).pipe(Effect.provide(emulatedClient([Emulator.container(EndpointName, `${server.url}/base/`)], http)))
        assert.deepStrictEqual(output.Body, new Uint8Array([0, 255, 10]))
        assert.include(output, {
          ContentType: "text/csv",
          CustomAttributes: "trace=1",
          InvokedProductionVariant: "blue"
        })
        const [invocation] = server.invocations
        assert.strictEqual(invocation?.url, "/base/invocations")
        assert.deepInclude(invocation?.headers, {
          "content-type": "application/x-npy",
          "accept": "text/csv",
          "content-length": "3",
          "x-amzn-sagemaker-custom-attributes": "tenant=7",
          "x-amzn-sagemaker-target-model": "model-a.tar.gz",
          "x-amzn-sagemaker-target-variant": "blue",
          "x-amzn-sagemaker-target-container-hostname": "second",
          "x-amzn-sagemaker-inference-id": "id-1",
          "x-amzn-sagemaker-session-id": "session-1",
          "x-amzn-sagemaker-inference-component": "component"
        })
        const forbidden = Object.keys(invocation?.headers ?? {})
          .filter((header) => /^(authorization|x-amz-|amz-sdk|traceparent|b3|cookie)/.test(header))
        assert.deepStrictEqual(forbidden, [])
      }).pipe(Effect.scoped))

    it.live("streams one PayloadPart event for each chunk, as the container sends them", () =>
      Effect.gen(function*() {
        const server = yield* serveContainer((response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          const words = ["data: one\n\n", "data: two\n\n", "data: [DONE]\n\n"]
          const next = () => {
            const word = words.shift()
            if (word === undefined) {
              response.end()
            } else {
              response.write(word)
              setTimeout(next, 40)
            }
          }
          next()
        })
        const layer = emulatedClient([Emulator.container(EndpointName, server.url)], http)
        const parts = yield* Stream.runCollect(
          streamEndpoint({ EndpointName, Body: "{}", Accept: "text/event-stream" })
        )
          .pipe(Effect.provide(layer))
        assert.deepStrictEqual(Chunk.toReadonlyArray(parts).map(text), [
          "data: one\n\n",
          "data: two\n\n",
          "data: [DONE]\n\n"
        ])
        assert.strictEqual(server.invocations[0]?.headers["accept"], "text/event-stream")
      }).pipe(Effect.scoped))

    it.live("is closed when the client leaves the stream", () =>
      Effect.gen(function*() {
        let closed = false
        const server = yield* serveContainer((response) => {
          const timer = setInterval(() => response.write("tick"), 5)
          response.once("close", () => {
            clearInterval(timer)
            closed = true
          })
        })
        const layer = emulatedClient([Emulator.container(EndpointName, server.url)], http)
        yield* Stream.runDrain(Stream.take(streamEndpoint({ EndpointName, Body: "" }), 2)).pipe(Effect.provide(layer))
        yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => closed }).pipe(Effect.timeout("5 seconds"))
      }).pipe(Effect.scoped))

    it.live("does not follow a redirect: it is an error with its status", () =>
      Effect.gen(function*() {
        const target = yield* serveContainer((response) => response.end("other"))
        const server = yield* serveContainer((response) =>
          response.writeHead(307, { location: `${target.url}/invocations` }).end("moved")
        )
        const layer = emulatedClient([Emulator.container(EndpointName, server.url)], http)
        const error = modelError(yield* Effect.flip(Effect.provide(invokeEndpoint({ EndpointName, Body: "" }), layer)))
        assert.include(error, { OriginalStatusCode: 307, OriginalMessage: "moved" })
        assert.deepStrictEqual(target.invocations, [])
      }).pipe(Effect.scoped))
  })
}

describe("A container", () => {
  it.live("that responds with an error is ModelError with its status and body, in each operation", () =>
    Effect.gen(function*() {
      const server = yield* serveContainer((response) => response.writeHead(422).end("{\"detail\":\"no input\"}"))
      for (const failure of failures(server.url)) {
        const error = modelError(yield* failure)
        assert.include(error, { OriginalStatusCode: 422, OriginalMessage: "{\"detail\":\"no input\"}" })
        assert.match(error.LogStreamArn ?? "", /^arn:aws:logs:.*\/aws\/sagemaker\/Endpoints\/model$/)
      }
    }).pipe(Effect.scoped))

  it.live("is not ready until its ping returns status 200, and not again after it stopped", () =>
    Effect.gen(function*() {
      let status = 503
      const server = yield* serveContainer((response) => response.end("ok"), () => status)
      const layer = emulatedClient([Emulator.container(EndpointName, server.url)])
      const call = invokeEndpoint({ EndpointName, Body: "" })
      yield* Effect.gen(function*() {
        const loading = yield* Effect.flip(call)
        assert.include(loading, { _tag: "ModelNotReadyException", status: 429 })
        assert.include(loading.message, "/ping returned status 503")
        assert.deepStrictEqual(server.invocations, [])
        status = 200
        yield* call
        yield* call
        assert.deepStrictEqual(server.pings, [503, 200])
        server.close()
        const gone = [yield* Effect.flip(call), yield* Effect.flip(call)]
        assert.include(gone[1], { _tag: "ModelNotReadyException" })
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped))

  it.live("that nothing listens for is not ready; an invalid URL is an error", () =>
    Effect.gen(function*() {
      const unreachable = yield* Effect.flip(invoke("http://127.0.0.1:1"))
      assert.include(unreachable, { _tag: "ModelNotReadyException", status: 429 })
      for (
        const url of ["", "localhost:8080", "ftp://localhost", "http://user:secret@localhost", "http://localhost/?a=1"]
      ) {
        const error = modelError(yield* Effect.flip(invoke(url)))
        assert.match(error.OriginalMessage ?? "", /^url must be an http or https URL/)
        assert.notInclude(JSON.stringify(error), "secret")
      }
      for (const options of [{ invocationTimeout: -1 }, { streamTimeout: Infinity }, { maxResponseBytes: 0.5 }]) {
        const error = modelError(yield* Effect.flip(invoke("http://127.0.0.1:1", options)))
        assert.include(error.OriginalMessage, " must be ")
      }
    }))

  it.live("that is too slow is ModelError with OriginalStatusCode 0", () =>
    Effect.gen(function*() {
      const silent = yield* serveContainer(() => undefined)
      const slow = yield* serveContainer((response) => void response.writeHead(200).write("part"))
      const options = { invocationTimeout: "150 millis" } as const
      for (const failure of [Effect.flip(invoke(slow.url, options)), ...failures(silent.url, options)]) {
        const error = modelError(yield* failure)
        assert.include(error, { OriginalStatusCode: 0 })
        assert.include(error.OriginalMessage, "timed out")
      }
    }).pipe(Effect.scoped))

  it.live("that does not end its stream is ModelStreamError after the parts", () =>
    Effect.gen(function*() {
      const server = yield* serveContainer((response) => void response.writeHead(200).write("part"))
      const parts: Array<string> = []
      const error = yield* streamEndpoint({ EndpointName, Body: "" }).pipe(
        Stream.runForEach((part) => Effect.sync(() => parts.push(text(part)))),
        Effect.flip,
        Effect.provide(emulatedClient([Emulator.container(EndpointName, server.url, { streamTimeout: "150 millis" })]))
      )
      assert.deepStrictEqual(parts, ["part"])
      assert.include(error, { _tag: "ModelStreamError", ErrorCode: "ModelInvocationTimeExceeded" })
    }).pipe(Effect.scoped))

  it.live("can respond with up to the limit of bytes", () =>
    Effect.gen(function*() {
      const server = yield* serveContainer((response) => response.end("x".repeat(1_000)))
      const output = yield* invoke(server.url, { maxResponseBytes: 1_000 })
      assert.strictEqual(output.Body.byteLength, 1_000)
      const error = modelError(yield* Effect.flip(invoke(server.url, { maxResponseBytes: 999 })))
      assert.include(error, { OriginalStatusCode: 0 })
      assert.include(error.OriginalMessage, "larger than 999 bytes")
      assert.lengthOf(yield* stream(server.url, { maxResponseBytes: 999 }), 1)
    }).pipe(Effect.scoped))

  it.live("with an invalid header is ModelError", () =>
    Effect.gen(function*() {
      for (const [header, value] of [["custom-attributes", "é"], ["new-session-id", "\u00ff"]] as const) {
        const server = yield* serveContainer((response) =>
          response.writeHead(200, { [`x-amzn-sagemaker-${header}`]: value }).end("ok")
        )
        for (const failure of failures(server.url)) {
          const error = modelError(yield* failure)
          assert.match(error.OriginalMessage ?? "", /invalid (CustomAttributes|NewSessionId)/)
        }
      }
    }).pipe(Effect.scoped))

  it.live("with stateful sessions starts, continues and closes them", () =>
    Effect.gen(function*() {
      const server = yield* serveContainer((response, body, { headers }) => {
        const request = body.toString()
        if (headers["x-amzn-sagemaker-session-id"] === "NEW_SESSION") {
          response.setHeader("x-amzn-sagemaker-new-session-id", "s-1; Expires=2026-11-29T12:00:00Z")
        }
        if (request.includes("CLOSE")) {
          response.setHeader("x-amzn-sagemaker-closed-session-id", "s-1")
        }
        response.end(JSON.stringify({ session: headers["x-amzn-sagemaker-session-id"] }))
      })
      const model = ModelEndpoint.make(EndpointName, {
        request: Codec.text,
        response: Codec.text
      })
      const answers = yield* Effect.scoped(Effect.gen(function*() {
        const session = yield* Session.make(model)
        return yield* session.invoke("hello")
      })).pipe(Effect.provide(emulatedClient([Emulator.container(EndpointName, server.url)])))
      assert.strictEqual(answers, "{\"session\":\"s-1\"}")
      assert.deepStrictEqual(
        server.invocations.map(({ headers }) => headers["x-amzn-sagemaker-session-id"]),
        ["NEW_SESSION", "s-1", "s-1"]
      )
    }).pipe(Effect.scoped))

  it.live("runs asynchronous requests: they wait for it, and have outputs and failures", () =>
    Effect.gen(function*() {
      let status = 500
      const server = yield* serveContainer((response, body) => {
        const bad = body.toString() === "bad"
        response.writeHead(bad ? 400 : 200, { "content-type": "text/plain" }).end(
          bad ? "refused" : `${body.toString()}!`
        )
      }, () => status)
      const model = ModelEndpoint.make(EndpointName, { request: Codec.text, response: Codec.text })
      const run = (value: string) => AsyncInference.run(model, value, { schedule: Schedule.spaced("20 millis") })
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(run("good"))
        yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => server.pings.length > 0 })
        status = 200
        assert.strictEqual(yield* Effect.fromFiber(first), "good!")
        const failed = yield* Effect.either(run("bad"))
        assert.isTrue(Either.isLeft(failed))
        assert.include(Either.getLeft(failed).pipe((_) => JSON.stringify(_)), "AsyncInferenceFailedError")
      }).pipe(
        Effect.provide(Emulator.layerObjectStore.pipe(
          Layer.provideMerge(emulatedClient([Emulator.container(EndpointName, server.url)]))
        ))
      )
    }).pipe(Effect.scoped), 20_000)
})

/** Raw responses of a broken server to an invocation. */
const brokenResponses: { readonly [name: string]: string } = {
  "closes the connection without a response": "",
  "sends no HTTP": "SSH-2.0-OpenSSH_9.2\r\n",
  "has an invalid status line": "HTTP/1.1 abc OK\r\n\r\n",
  "has a Content-Length that is no number": "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc",
  "has a body shorter than its Content-Length": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
  "has an invalid chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
  "ends inside a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
  "has both lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "has headers without an end": `HTTP/1.1 200 OK\r\nX-Long: ${"x".repeat(100_000)}`,
  "declares gzip and sends none": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
}

const pong = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

for (const [clientName, http] of Object.entries(httpClients)) {
  describe(`A broken container over ${clientName}`, () => {
    for (const [name, response] of Object.entries(brokenResponses)) {
      it.live(`that ${name} is ModelError or ModelStreamError, and the emulator continues`, () =>
        Effect.gen(function*() {
          const { port } = yield* serveTcp((socket) => {
            socket.once("data", (data) => socket.end(String(data).startsWith("GET ") ? pong : response))
          })
          const layer = emulatedClient([
            Emulator.container(EndpointName, `http://127.0.0.1:${port}`, { invocationTimeout: "2 seconds" }),
            Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))
          ], http)
          yield* Effect.gen(function*() {
            const failed = modelError(yield* Effect.flip(invokeEndpoint({ EndpointName, Body: "1" })))
            assert.include(failed, { OriginalStatusCode: 0 })
            const streamed = yield* Effect.flip(Stream.runDrain(streamEndpoint({ EndpointName, Body: "1" })))
            assert.include(["ModelError", "ModelStreamError"], streamed._tag)
            const { Body } = yield* invokeEndpoint({ EndpointName: "echo", Body: "ok" })
            assert.strictEqual(text(Body), "ok")
          }).pipe(Effect.provide(layer))
        }).pipe(Effect.scoped))
    }

    it.live("that uses HTTP/1.0 without a length is read to its end", () =>
      Effect.gen(function*() {
        const { port } = yield* serveTcp((socket) => {
          socket.once("data", (data) =>
            socket.end(
              String(data).startsWith("GET ") ? pong : "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold"
            ))
        })
        const layer = emulatedClient([Emulator.container(EndpointName, `http://127.0.0.1:${port}`)], http)
        const { Body } = yield* Effect.provide(invokeEndpoint({ EndpointName, Body: "" }), layer)
        assert.strictEqual(text(Body), "old")
      }).pipe(Effect.scoped))

    it.live("that sends an endless body ends at the limit, and its connection is closed", () =>
      Effect.gen(function*() {
        let closed = false
        const server = yield* serveContainer((response) => {
          const chunk = "x".repeat(65_536)
          const write = () => {
            if (!response.write(chunk)) {
              response.once("drain", write)
            } else {
              setImmediate(write)
            }
          }
          response.once("close", () => {
            closed = true
          })
          write()
        })
        const layer = emulatedClient([Emulator.container(EndpointName, server.url)], http)
        const error = modelError(
          yield* Effect.flip(invokeEndpoint({ EndpointName, Body: "" }).pipe(Effect.provide(layer)))
        )
        assert.include(error.OriginalMessage, "larger than 26214400 bytes")
        yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => closed }).pipe(Effect.timeout("5 seconds"))
      }).pipe(Effect.scoped))
  })
}
