import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FastCheck, Layer, Stream } from "effect"
import { ObjectStore } from "effect-sagemaker-runtime"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { readdirSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { describe } from "vitest"
import { eventually } from "../support/eventually.ts"
import { temporaryFolder } from "../support/s3Emulator.ts"

const emulator = (options: Partial<NodeEmulator.NodeEmulatorOptions> = {}) =>
  NodeEmulator.layer({ endpoints: [], credentials: "anonymous", ...options })

const portOf = Effect.map(NodeEmulator.NodeEmulator, ({ url }) => Number(new URL(url).port))

interface Received {
  readonly text: string
  readonly sent: number
}

/** Sends raw bytes, then `more`, and returns what the server sent until the connection closed. */
const exchange = (head: string | Uint8Array, more: (socket: Socket) => void = (socket) => socket.end()) =>
  Effect.flatMap(portOf, (port) =>
    Effect.async<Received>((resume) => {
      const chunks: Array<Uint8Array> = []
      const socket = connect(port, "127.0.0.1")
      socket.on("data", (chunk: Uint8Array) => chunks.push(chunk))
      socket.on("error", () => undefined)
      socket.once(
        "close",
        () => resume(Effect.succeed({ text: Buffer.concat(chunks).toString("latin1"), sent: socket.bytesWritten }))
      )
      socket.write(head)
      more(socket)
      return Effect.sync(() => socket.destroy())
    }))

const mebibyte = Buffer.alloc(1024 * 1024, 0x61)

const uploadForever = (frame: Uint8Array) => (socket: Socket) => {
  const write = () => {
    while (!socket.destroyed && socket.write(frame)) {
      // writes until the buffers are full
    }
  }
  socket.on("drain", write)
  write()
}

const head = (request: string, ...lines: ReadonlyArray<string>) =>
  [`${request} HTTP/1.1`, "host: localhost", ...lines, "", ""].join("\r\n")

const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])

const keepOpen = () => undefined

describe("The emulated S3 rejects before it reads the body", () => {
  const put = "PUT /bucket/key"
  const uploads: ReadonlyArray<readonly [string, string, Uint8Array, string]> = [
    ["an unsigned upload", head(put, "content-length: 800000000"), mebibyte, "AccessDenied"],
    ["an unsigned endless upload", head(put, "transfer-encoding: chunked"), chunk(mebibyte), "AccessDenied"]
  ]
  for (const [name, request, frame, code] of uploads) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { text } = yield* exchange(request, uploadForever(frame))
        assert.match(text, /^HTTP\/1\.1 403 /)
        assert.match(text, /\r\nconnection: close\r\n/i)
        assert.include(text, `<Code>${code}</Code>`)
      }).pipe(Effect.provide(emulator({ credentials: Emulator.credentials }))))
  }

  it.live("an upload without a length, and one that is too large", () =>
    Effect.gen(function*() {
      const endless = yield* exchange(head(put, "transfer-encoding: chunked"), uploadForever(chunk(mebibyte)))
      assert.include(endless.text, "<Code>MissingContentLength</Code>")
      const large = yield* exchange(head(put, "content-length: 6000000000"), uploadForever(mebibyte))
      assert.include(large.text, "<Code>EntityTooLarge</Code>")
    }).pipe(Effect.provide(emulator())))

  it.live("a request that expects 100 Continue", () =>
    Effect.gen(function*() {
      const expect = "expect: 100-continue"
      const rejected = yield* exchange(head("PUT /bucket/key?acl", "content-length: 5", expect), keepOpen)
      assert.match(rejected.text, /^HTTP\/1\.1 501 /)
      const lines = ["content-length: 5", "connection: close", expect]
      const accepted = yield* exchange(head(put, ...lines), (socket) => {
        socket.once("data", () => socket.write("hello"))
      })
      assert.match(accepted.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
    }).pipe(Effect.provide(emulator())))
})

describe("The emulated S3 ends", () => {
  const chunked = ["transfer-encoding: chunked", "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
  const decoded = "x-amz-decoded-content-length: 100000"
  const awsChunk = chunk(Buffer.concat([Buffer.from("100000\r\n"), mebibyte, Buffer.from("\r\n")]))
  const bodies: ReadonlyArray<readonly [string, string, Uint8Array, string]> = [
    ["a body of endless chunks", head("PUT /bucket/key", ...chunked, decoded), awsChunk, "IncompleteBody"],
    ["an endless chunk header", head("PUT /bucket/key", ...chunked, decoded), chunk(mebibyte), "IncompleteBody"],
    [
      "huge XML",
      head("POST /bucket?delete", "content-length: 900000000", "content-md5: AAAAAAAAAAAAAAAAAAAAAA=="),
      mebibyte,
      "MaxMessageLengthExceeded"
    ]
  ]
  for (const [name, request, frame, code] of bodies) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { text } = yield* exchange(request, uploadForever(frame))
        assert.match(text, /^HTTP\/1\.1 400 /)
        assert.include(text, `<Code>${code}</Code>`)
      }).pipe(Effect.provide(emulator())))
  }

  it.live("a slow upload after requestTimeout, with 408", () =>
    Effect.gen(function*() {
      const drip = (socket: Socket) => {
        const timer = setInterval(() => socket.write("a"), 20)
        socket.once("close", () => clearInterval(timer))
      }
      const { text } = yield* exchange(head("PUT /bucket/key", "content-length: 60000"), drip)
      assert.match(text, /^HTTP\/1\.1 408 /)
      const list = yield* exchange(head("GET /bucket", "connection: close"), keepOpen)
      assert.match(list.text, /^HTTP\/1\.1 200 /)
      assert.notInclude(list.text, "<Contents>")
    }).pipe(Effect.provide(emulator({ requestTimeout: "300 millis" }))))
})

it.scopedLive("An upload that the client leaves is not stored, and leaves no file", () =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    const files = () => readdirSync(folder, { recursive: true }).map(String)
    const layer = Layer.unwrapEffect(
      Effect.map(ObjectStore.ObjectStore, (objectStore) => emulator({ objectStore }))
    ).pipe(Layer.provide(ObjectStore.layerFileSystem(folder)), Layer.provide([NodeFileSystem.layer, NodePath.layer]))
    yield* Effect.gen(function*() {
      for (const lines of [["content-length: 2000000"], ["content-length: 3000000", "x-amz-meta-a: 1"]]) {
        yield* exchange(Buffer.concat([Buffer.from(head("PUT /bucket/key", ...lines)), mebibyte]), (socket) => {
          setTimeout(() => socket.destroy(), 200)
        })
      }
      yield* eventually(() => files().every((name) => [".uploads", "bucket"].includes(name)))
      const { text } = yield* exchange(head("GET /bucket/key", "connection: close"), keepOpen)
      assert.match(text, /^HTTP\/1\.1 404 /)
    }).pipe(Effect.provide(layer))
    assert.notInclude(files(), join("bucket", "key"))
  }), 20_000)

const documents = [
  "",
  "<",
  "<Delete>",
  "<Delete/>",
  "<Delete><Object/></Delete>",
  "<!DOCTYPE a [<!ENTITY x \"y\">]><Delete><Object><Key>&x;</Key></Object></Delete>",
  `<Delete>${"<Object>".repeat(1_000)}</Delete>`,
  "<a>".repeat(300_000),
  `<Delete>${"<Object><Key>a</Key></Object>".repeat(1_001)}</Delete>`,
  "<Delete><Object><Key>a</Key></Object></Delete><b/>",
  "\ufffe"
]

it.live("XML that is not the document of the operation is MalformedXML", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    for (const body of documents) {
      const response = yield* Effect.promise(async () => {
        const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body))
        const checksum = Buffer.from(hash).toString("base64")
        const found = await fetch(`${url}/b?delete`, {
          method: "POST",
          body,
          headers: { "x-amz-checksum-sha256": checksum }
        })
        return { status: found.status, text: await found.text() }
      })
      assert.strictEqual(response.status, 400)
      assert.include(response.text, "<Code>MalformedXML</Code>", body.slice(0, 80))
    }
  }).pipe(Effect.provide(emulator())))

const internalWords = /TypeError|undefined|\[object|native code|Cannot read|is not a function|node:|\.ts|\bat \w+ \(/

const token = FastCheck.oneof(
  FastCheck.stringMatching(/^[!-~]{0,40}$/),
  FastCheck.constantFrom("__proto__", "constructor", "%", "%zz", "%ff%fe", "%00", "..", "//", "é\u00ff", "\0", "%0d%0a")
)

const requests = FastCheck.record({
  method: FastCheck.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"),
  path: FastCheck.array(token, { maxLength: 3 }).map((parts) => `/${parts.join("/")}`),
  query: FastCheck.array(
    FastCheck.tuple(
      FastCheck.oneof(
        token,
        FastCheck.constantFrom(
          "uploads",
          "uploadId",
          "partNumber",
          "delete",
          "list-type",
          "max-keys",
          "continuation-token",
          "encoding-type",
          "delimiter",
          "response-content-type",
          "X-Amz-Signature",
          "x-amz-meta-a"
        )
      ),
      token
    ),
    { maxLength: 4 }
  ),
  headers: FastCheck.array(
    FastCheck.tuple(
      FastCheck.oneof(
        token,
        FastCheck.constantFrom(
          "authorization",
          "range",
          "if-match",
          "if-none-match",
          "if-modified-since",
          "content-length",
          "transfer-encoding",
          "content-md5",
          "x-amz-content-sha256",
          "x-amz-decoded-content-length",
          "x-amz-trailer",
          "x-amz-checksum-crc32",
          "x-amz-copy-source",
          "x-amz-meta-a",
          "x-amz-meta-__proto__",
          "x-amz-checksum-algorithm"
        )
      ),
      FastCheck.oneof(
        token,
        FastCheck.constantFrom(
          "chunked",
          "5",
          "bytes=0-",
          "bytes=-1",
          "bytes=9999999999999999999-",
          "*",
          "AAAAAA==",
          "CRC32",
          "UNSIGNED-PAYLOAD",
          "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
          "/b/k",
          "%zz/k",
          "x".repeat(9_000)
        )
      )
    ),
    { maxLength: 6 }
  ),
  body: FastCheck.uint8Array({ maxLength: 200 })
})

const shared = Layer.mergeAll(emulator({ requestTimeout: "1 second" }))

it.live.prop(
  "Random requests get a response of S3 or a closed connection, without internal errors",
  { request: requests },
  ({ request: { body, headers, method, path, query } }) =>
    Effect.gen(function*() {
      const search = query.map(([name, value]) => `${name}=${value}`).join("&")
      const lines = headers.map(([name, value]) => `${name}: ${value}`)
      const text = [`${method} ${path}?${search} HTTP/1.1`, "host: localhost", ...lines, "", ""].join("\r\n")
      const received = yield* exchange(Buffer.concat([Buffer.from(text, "latin1"), body]))
      assert.match(received.text, /^(HTTP\/1\.1 \d{3} [\s\S]*)?$/)
      assert.notMatch(received.text, internalWords)
      assert.notMatch(received.text, /<Code>InternalError</)
    }).pipe(Effect.provide(shared)),
  { fastCheck: { numRuns: 200 } }
)

it.live("A body of one chunk with very many elements is read", () =>
  Effect.gen(function*() {
    const { handleS3, objectStore } = yield* Emulator.Emulator
    const count = 100_000
    const body = Stream.fromIterable(Array.from({ length: count }, () => new Uint8Array([1])))
    const response = yield* handleS3({
      method: "PUT",
      target: "/bucket/key",
      headers: { host: "localhost", "content-length": String(count) },
      body: Stream.rechunk(body, count)
    })
    assert.strictEqual(response.status, 200)
    assert.strictEqual((yield* objectStore.head("s3://bucket/key")).size, count)
  }).pipe(Effect.provide(Emulator.layer({ endpoints: [], credentials: "anonymous" }))))
