import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { createHash } from "node:crypto"
import type { RequestListener } from "node:http"
import { memoryInUse } from "../support/memory.ts"
import { serve } from "../support/server.ts"
import { httpClients } from "../support/wireServer.ts"
import { withStore } from "./support/store.ts"

const location = "s3://models/large.bin"

const chunk = Buffer.alloc(2 ** 20, "a row of features\n")

/** In chunks of 1 MiB. */
const size = 300

/** The bytes that an upload may hold: the threshold, the parts under way and one that is filled, twice for copies. */
const limit = 150 * 2 ** 20

const samples = () => {
  let most = 0
  return {
    most: () => most,
    take: Effect.map(memoryInUse, (bytes) => void (most = Math.max(most, bytes)))
  }
}

/** Receives an upload in parts and keeps only its size and the hash of each part. */
const receiving = () => {
  const parts = new Map<number, { readonly size: number; readonly hash: string }>()
  const listener: RequestListener = (request, response) => {
    const query = new URL(request.url ?? "", "http://localhost").searchParams
    const hash = createHash("sha256")
    let received = 0
    request.on("data", (bytes: Buffer) => {
      hash.update(bytes)
      received += bytes.byteLength
    })
    request.once("end", () => {
      const number = query.get("partNumber")
      if (number !== null) {
        parts.set(Number(number), { size: received, hash: hash.digest("hex") })
        response.setHeader("etag", `"${number}"`).end()
      } else if (query.has("uploads")) {
        response.end("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
      } else {
        response.end("<CompleteMultipartUploadResult><ETag>\"v\"</ETag></CompleteMultipartUploadResult>")
      }
    })
  }
  return { listener, parts }
}

/** Sends the object with backpressure. */
const sending: RequestListener = (_, response) => {
  response.writeHead(200, { "content-length": chunk.byteLength * size, etag: "\"v\"" })
  let sent = 0
  const write = () => {
    while (sent < size && !response.destroyed) {
      sent += 1
      if (!response.write(chunk)) {
        response.once("drain", write)
        return
      }
    }
    response.end()
  }
  write()
}

describe.each(Object.entries(httpClients))("With %s", (_, http) => {
  it.live("300 MB are uploaded in constant memory", () =>
    Effect.gen(function*() {
      const { listener, parts } = receiving()
      const server = yield* serve(listener)
      const before = yield* memoryInUse
      const memory = samples()
      const body = Stream.range(1, size).pipe(
        Stream.rechunk(1),
        Stream.tap((index) => (index % 50 === 0 ? memory.take : Effect.void)),
        Stream.map(() => chunk)
      )
      yield* withStore(server.url, http, (store) => store.put(location, body))
      const received = [...parts.values()].reduce((total, part) => total + part.size, 0)
      assert.strictEqual(received, size * chunk.byteLength)
      assert.isBelow(memory.most() - before, limit)
    }).pipe(Effect.scoped), 120_000)

  it.live("300 MB are read in constant memory, also by a slow reader", () =>
    Effect.gen(function*() {
      const server = yield* serve(sending)
      const before = yield* memoryInUse
      const memory = samples()
      const hash = createHash("sha256")
      let read = 0
      yield* withStore(server.url, http, (store) =>
        Stream.runForEach(store.get(location), (bytes) => {
          const isSample = Math.floor((read + bytes.byteLength) / 5e7) > Math.floor(read / 5e7)
          read += bytes.byteLength
          hash.update(bytes)
          return isSample ? Effect.zipRight(Effect.sleep("200 millis"), memory.take) : Effect.void
        }))
      const expected = createHash("sha256")
      for (let index = 0; index < size; index++) {
        expected.update(chunk)
      }
      assert.strictEqual(read, size * chunk.byteLength)
      assert.strictEqual(hash.digest("hex"), expected.digest("hex"))
      assert.isBelow(memory.most() - before, 40 * 2 ** 20)
    }).pipe(Effect.scoped), 120_000)
})
