import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { DuplexTransport } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { environment } from "../support/anonymousClient.ts"
import { certificates } from "../support/certificates.ts"
import { attemptWith, post } from "../support/duplexCall.ts"
import { echo, serveHttp2Tls, text } from "../support/http2Server.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "bundle-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true }))
)

/** A server with a private authority, and a CA bundle with it. */
const setUp = Effect.gen(function*() {
  const { ca } = yield* certificates
  const server = yield* serveHttp2Tls(echo)
  const AWS_CA_BUNDLE = join(yield* folder, "ca.pem")
  yield* Effect.promise(() => writeFile(AWS_CA_BUNDLE, ca))
  const client = yield* environment({ AWS_CA_BUNDLE })(Layer.build(NodeSageMaker.layer({
    region: "eu-west-1",
    credentials: Emulator.credentials,
    http: { proxy: false }
  })))
  const duplex = Context.get(client, DuplexTransport.DuplexTransport)
  return { AWS_CA_BUNDLE, ca, duplex, send: attemptWith(duplex, post(server.url, text(["a"]))), url: server.url }
})

describe("The transport of NodeSageMaker", () => {
  it.scopedLive("opens although an earlier request was interrupted at any step of the opening", () =>
    Effect.gen(function*() {
      for (let steps = 0; steps < 8; steps++) {
        const { send } = yield* setUp
        const fiber = yield* Effect.fork(send)
        yield* Effect.replicateEffect(Effect.yieldNow(), steps)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* send, { status: 200, text: "a" })
      }
    }))

  it.scopedLive("reads the CA bundle again after it could not be read", () =>
    Effect.gen(function*() {
      const { AWS_CA_BUNDLE, ca, duplex, send, url } = yield* setUp
      yield* Effect.promise(() => rm(AWS_CA_BUNDLE))
      const error = yield* Effect.flip(duplex.execute(post(url, text(["a"]))))
      assert.deepInclude(error, { _tag: "RequestError", reason: "Encode" })
      yield* Effect.promise(() => writeFile(AWS_CA_BUNDLE, ca))
      assert.deepStrictEqual(yield* send, { status: 200, text: "a" })
    }))
})
