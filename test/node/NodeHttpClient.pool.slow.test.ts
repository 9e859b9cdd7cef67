import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Stream } from "effect"
import { RetryPolicy } from "effect-sagemaker-runtime"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { spawn } from "node:child_process"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { anonymousNodeClient } from "../support/anonymousClient.ts"
import { call } from "../support/call.ts"
import { eventually, eventuallyStill } from "../support/eventually.ts"
import { serve, serveTcp } from "../support/server.ts"
import { streamServer } from "../support/streamServer.ts"

const ok = (_: IncomingMessage, response: ServerResponse) => {
  response.end("ok")
}

const text = ({ Body }: { readonly Body: Uint8Array }) => new TextDecoder().decode(Body)

describe("Connections", () => {
  it.scopedLive("do not exceed the limit for 1,000 concurrent calls", () =>
    Effect.gen(function*() {
      const server = yield* serve(ok)
      const responses = yield* Effect.replicateEffect(call, 1_000, { concurrency: "unbounded" }).pipe(
        Effect.provide(anonymousNodeClient(server.url, { connections: 8 }))
      )
      assert.deepStrictEqual(responses.map(text), Array.from({ length: 1_000 }, () => "ok"))
      assert.strictEqual(server.seen().length, 1_000)
      assert.strictEqual(server.mostConnections(), 8)
      assert.strictEqual(server.connections(), 8)
    }))

  it.scopedLive("do not keep a process alive", () =>
    Effect.gen(function*() {
      const server = yield* serve(ok)
      const dist = new URL("../../dist/", import.meta.url)
      const script = `
        import { Effect } from "effect"
        import { invokeEndpoint } from "${new URL("index.js", dist)}"
        import { NodeSageMaker } from "${new URL("node/index.js", dist)}"
        const layer = NodeSageMaker.layer({
          region: "eu-west-1",
          endpoint: "${server.url}",
          credentials: { accessKeyId: "AKID", secretAccessKey: "secret" }
        })
        const { Body } = await Effect.runPromise(
          Effect.provide(invokeEndpoint({ EndpointName: "a", Body: "b" }), layer)
        )
        console.log(new TextDecoder().decode(Body))
        const ended = performance.now()
        process.on("exit", () => console.log(performance.now() - ended < 1000))`
      const [code, output] = yield* Effect.async<readonly [number | null, string]>((resume) => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
          cwd: new URL("../..", import.meta.url),
          env: { PATH: process.env["PATH"], AWS_EC2_METADATA_DISABLED: "true" },
          stdio: ["ignore", "pipe", "inherit"]
        })
        let output = ""
        child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()))
        child.on("close", (code) => resume(Effect.succeed([code, output])))
        return Effect.sync(() => child.kill())
      })
      assert.deepStrictEqual([code, output], [0, "ok\ntrue\n"])
    }))
})

describe("A connection that cannot be established", () => {
  it.scopedLive("times out after connectTimeout, and requestSent is false", () =>
    Effect.gen(function*() {
      const silent = yield* serveTcp(() => undefined)
      const [elapsed, error] = yield* call.pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provide(anonymousNodeClient(`https://127.0.0.1:${silent.port}`, { connectTimeout: "400 millis" })),
        Effect.flip,
        Effect.timed
      )
      assert.deepInclude(error, {
        _tag: "TimeoutError",
        phase: "connect",
        duration: 400,
        requestSent: false,
        retry: "transient"
      })
      assert.isAtLeast(Duration.toMillis(elapsed), 390)
      assert.isBelow(Duration.toMillis(elapsed), 1_500)
    }))
})

describe("A response stream", () => {
  it.scopedLive("applies backpressure while it is read slowly, and arrives completely", () =>
    Effect.gen(function*() {
      const size = 32 * 1024 * 1024
      const chunk = Buffer.alloc(64 * 1024, 7)
      const server = yield* serve((_, response) =>
        void Readable.from(Array.from({ length: size / chunk.length }, () => chunk)).pipe(response)
      )
      const client = yield* NodeHttpClient.make()
      const { stream } = yield* client.get(server.url)
      let waiting = true
      const gate = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Stream.runFoldEffect(stream, 0, (sum, chunk) =>
          Effect.as(
            Effect.when(Deferred.await(gate), () => waiting),
            sum + chunk.byteLength
          ))
      )
      const read = () =>
        [...server.sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0)
      assert.isBelow(yield* eventuallyStill(read), 16 * 1024 * 1024)
      waiting = false
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual(yield* Fiber.join(fiber), size)
    }))

  it.scopedLive("applies backpressure while it is not read", () =>
    Effect.gen(function*() {
      const server = yield* streamServer(new Uint8Array(1024 * 1024))
      const client = yield* NodeHttpClient.make()
      const response = yield* client.get(server.url)
      const written = () => [...server.sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0)
      assert.isBelow(yield* eventuallyStill(written), 16 * 1024 * 1024)
      yield* Stream.runDrain(Stream.take(response.stream, 1))
      yield* eventually(() => server.sockets.size === 0)
    }))
})
