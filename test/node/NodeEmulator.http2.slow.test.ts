import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { createHash } from "node:crypto"
import type { ClientHttp2Stream } from "node:http2"
import { codec, partFrame, signedRequest } from "../support/bidirectionalFrames.ts"
import { connectHttp2 } from "../support/http2Client.ts"
import { memoryInUse } from "../support/memory.ts"

const count = 100_000

const payload = (at: number): Buffer => Buffer.alloc(64 + (at % 200), at)

const write = (stream: ClientHttp2Stream, bytes: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (stream.write(bytes)) {
      resume(Effect.void)
    } else {
      stream.once("drain", () => resume(Effect.void))
    }
  })

/** Reads frames and hashes their payloads. */
const readFrames = (stream: ClientHttp2Stream) =>
  Effect.async<{ readonly received: number; readonly digest: string }, Error>((resume) => {
    const hash = createHash("sha256")
    let pending = Buffer.alloc(0)
    let received = 0
    stream.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      let at = 0
      while (pending.length - at >= 4 && pending.length - at >= pending.readUInt32BE(at)) {
        const length = pending.readUInt32BE(at)
        hash.update(codec.decode(new Uint8Array(pending.subarray(at, at + length))).body)
        at += length
        received += 1
      }
      pending = pending.subarray(at)
    })
    stream.once("end", () => resume(Effect.succeed({ received, digest: hash.digest("hex") })))
    stream.once("error", (error) => resume(Effect.fail(error)))
  })

it.live("The emulator verifies and returns 100,000 signed frames, with flat memory", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const request = yield* signedRequest(new URL(url).host)
    const stream = (yield* connectHttp2(url)).request({ ":method": "POST", ":path": request.path, ...request.headers })
    const reading = yield* Effect.fork(readFrames(stream))
    const sent = createHash("sha256")
    const measured: Array<number> = []
    for (let at = 0; at < count; at++) {
      const bytes = payload(at)
      sent.update(bytes)
      yield* write(stream, yield* request.signFrame(partFrame({ Bytes: bytes })))
      if (at % 20_000 === 10_000) {
        measured.push(yield* memoryInUse)
      }
    }
    yield* write(stream, yield* request.signFrame(new Uint8Array()))
    stream.end()
    const { digest, received } = yield* Fiber.join(reading)
    assert.strictEqual(received, count)
    assert.strictEqual(digest, sent.digest("hex"))
    assert.isBelow(measured.at(-1)! - measured[0]!, 10 * 1024 * 1024)
  }).pipe(
    Effect.scoped,
    Effect.provide(NodeEmulator.layer({
      endpoints: [Emulator.bidirectional("echo", (parts) => Stream.map(parts, ({ Bytes }) => Bytes))]
    }))
  ), 180_000)
