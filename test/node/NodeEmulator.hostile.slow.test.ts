import { assert, it } from "@effect/vitest"
import { SignatureV4 } from "@smithy/signature-v4"
import { Effect, FastCheck, Layer } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { createHash, createHmac } from "node:crypto"
import { connect, type Socket } from "node:net"
import { describe } from "vitest"

const limit = 64 * 1024
const mebibyte = Buffer.alloc(1024 * 1024, 0x61)

const emulator = (options: Partial<NodeEmulator.NodeEmulatorOptions> = {}) =>
  NodeEmulator.layer({
    endpoints: [Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))],
    maxBodyBytes: limit,
    ...options
  })

const portOf = Effect.map(NodeEmulator.NodeEmulator, ({ url }) => Number(new URL(url).port))

interface Received {
  readonly text: string
  /** How many bytes the kernel and the server accepted. */
  readonly sent: number
}

/** Sends raw bytes, then `more` until the connection closes, and returns what the server sent. */
const exchange = (port: number, head: string | Uint8Array, more?: (socket: Socket) => void) =>
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
    more?.(socket)
    return Effect.sync(() => socket.destroy())
  })

const uploadForever = (frame: Uint8Array) => (socket: Socket) => {
  const write = () => {
    while (!socket.destroyed && socket.write(frame)) {
      // writes until the buffers are full
    }
  }
  socket.on("drain", write)
  write()
}

const head = (...lines: ReadonlyArray<string>) =>
  ["POST /endpoints/echo/invocations HTTP/1.1", "host: localhost", ...lines, "", ""].join("\r\n")

const chunk = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])

const routes = ["invocations", "invocations-response-stream", "async-invocations", "unknown"]

describe("The emulator stops reading at maxBodyBytes and sends 413", () => {
  const uploads: ReadonlyArray<readonly [what: string, header: string, frame: Uint8Array]> = [
    ["an upload with a content length", `content-length: ${800 * 1024 * 1024}`, mebibyte],
    ["an endless upload in chunks", "transfer-encoding: chunked", chunk(mebibyte)]
  ]
  for (const [what, header, frame] of uploads) {
    it.live(`${what}, on every route`, () =>
      Effect.gen(function*() {
        const port = yield* portOf
        const received = yield* Effect.forEach(
          routes,
          (route) => exchange(port, head(header).replace("invocations", route), uploadForever(frame)),
          { concurrency: "unbounded" }
        )
        for (const { sent, text } of received) {
          assert.match(text, /^HTTP\/1\.1 413 /)
          assert.match(text, /\r\nconnection: close\r\n/i)
          assert.include(text, "HTTP content length exceeded")
          assert.isBelow(sent, 64 * 1024 * 1024)
        }
      }).pipe(Effect.provide(emulator())))
  }

  it.live("before it sends 100 Continue", () =>
    Effect.gen(function*() {
      const { text } = yield* exchange(yield* portOf, head("content-length: 1000000", "expect: 100-continue"))
      assert.match(text, /^HTTP\/1\.1 413 /)
    }).pipe(Effect.provide(emulator())))

  it.live("which fetch receives", () =>
    Effect.gen(function*() {
      const { url } = yield* NodeEmulator.NodeEmulator
      const found = yield* send(`${url}/endpoints/echo/invocations`, { body: Buffer.alloc(limit + 1) })
      assert.strictEqual(found.status, 413)
    }).pipe(Effect.provide(emulator())))
})

it.live("A request whose body is incomplete after requestTimeout is ended with 408", () =>
  Effect.gen(function*() {
    const drip = (socket: Socket) => {
      const timer = setInterval(() => socket.write("a"), 20)
      socket.once("close", () => clearInterval(timer))
    }
    const port = yield* portOf
    assert.match((yield* exchange(port, head("content-length: 60000"), drip)).text, /^HTTP\/1\.1 408 /)
    assert.match((yield* exchange(port, "POST /endpoints/ec", drip)).text, /^HTTP\/1\.1 408 /)
  }).pipe(Effect.provide(emulator({ requestTimeout: "200 millis" }))))

it.effect("An invalid requestTimeout is a ConfigurationError", () =>
  Effect.gen(function*() {
    for (const requestTimeout of [0, -1, Number.NaN, Infinity, "soon", {}]) {
      const layer = emulator({ requestTimeout: requestTimeout as number })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      assert.include(error, { _tag: "ConfigurationError", setting: "requestTimeout" })
    }
  }))

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", Buffer.from(secret as Uint8Array))
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(data as Uint8Array)
  }
  digest() {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }
}

const signer = (sessionToken?: string) =>
  new SignatureV4({
    service: "sagemaker",
    region: "eu-west-1",
    credentials: {
      accessKeyId: "AKIDEMULATOR",
      secretAccessKey: "emulator-secret-access-key",
      ...(sessionToken === undefined ? {} : { sessionToken })
    },
    sha256: Sha256
  })

const presigned = (
  options: { readonly expiresIn?: number; readonly signingDate?: Date } = {},
  query: Record<string, string> = {},
  sessionToken?: string
) =>
  Effect.promise(() =>
    signer(sessionToken).presign({
      method: "POST",
      protocol: "http:",
      hostname: "localhost",
      path: "/endpoints/echo/invocations",
      query,
      headers: { host: "localhost" },
      body: "{}"
    }, options)
  )

const send = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, { method: "POST", ...init })
    return { status: response.status, code: response.headers.get("x-amzn-errortype"), body: await response.text() }
  })

const sendPresigned = (request: { readonly query?: unknown; readonly path: string }, change = (_: string) => _) =>
  Effect.gen(function*() {
    const query = new URLSearchParams(request.query as Record<string, string>).toString()
    const target = change(`${request.path}?${query}`)
    const { text } = yield* exchange(
      yield* portOf,
      `POST ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`
    )
    return { status: Number(text.slice(9, 12)), text }
  })

describe("A presigned request", () => {
  it.live("is accepted with a query string and a session token", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        (yield* sendPresigned(yield* presigned({}, { b: "x y", a: "é", constructor: "1" }))).status,
        200
      )
    }).pipe(Effect.provide(emulator())))

  it.live("is accepted with a session token", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* sendPresigned(yield* presigned({}, {}, "token"))).status, 200)
      assert.strictEqual((yield* sendPresigned(yield* presigned({}, {}, "other"))).status, 403)
    }).pipe(Effect.provide(emulator({ credentials: { ...Emulator.credentials, sessionToken: "token" } }))))

  it.live("is valid until it expires", () =>
    Effect.gen(function*() {
      const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
      const valid = yield* sendPresigned(yield* presigned({ expiresIn: 3_600, signingDate: ago(50) }))
      assert.strictEqual(valid.status, 200)
      const expired = yield* sendPresigned(yield* presigned({ expiresIn: 60, signingDate: ago(2) }))
      assert.strictEqual(expired.status, 403)
      assert.include(expired.text, "Signature expired")
    }).pipe(Effect.provide(emulator())))

  it.live("that was changed is rejected", () =>
    Effect.gen(function*() {
      const original = yield* presigned()
      const changes: ReadonlyArray<readonly [RegExp, string, number]> = [
        [/$/, "&a=1", 403],
        [/Expires=\d+/, "Expires=9999", 403],
        [/Expires=\d+/, "Expires=0", 400],
        [/Expires=\d+/, "Expires=1e9", 400],
        [/X-Amz-Date=[^&]*&?/, "", 400],
        [/SignedHeaders=host/, "SignedHeaders=host%3Bconstructor", 403],
        [/Algorithm=[^&]*/, "Algorithm=constructor", 400]
      ]
      for (const [pattern, replacement, status] of changes) {
        const changed = yield* sendPresigned(original, (target) => target.replace(pattern, replacement))
        assert.strictEqual(changed.status, status, replacement)
      }
    }).pipe(Effect.provide(emulator())))
})

const internalWords = /TypeError|undefined|\[object|native code|Cannot read|is not a function|node:|\.ts|\bat \w+ \(/

describe("The emulator answers a signature in AWS's words", () => {
  const authorization = (signedHeaders: string) =>
    `AWS4-HMAC-SHA256 Credential=AKIDEMULATOR/20261128/eu-west-1/sagemaker/aws4_request, ` +
    `SignedHeaders=${signedHeaders}, Signature=${"0".repeat(64)}`
  const lists = [
    "host;x-amz-date;constructor",
    "constructor;host;x-amz-date",
    "__proto__;host;x-amz-date",
    "host;toString;x-amz-date",
    "host;host;x-amz-date",
    "host;x-amz-date;x-amz-date",
    "x-amz-date;host",
    "Host;X-Amz-Date",
    "host;;x-amz-date",
    ";",
    "hasOwnProperty"
  ]
  for (const list of lists) {
    it.live(list, () =>
      Effect.gen(function*() {
        const { url } = yield* NodeEmulator.NodeEmulator
        const amzDate = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`
        const found = yield* send(`${url}/endpoints/echo/invocations`, {
          headers: {
            authorization: authorization(list).replace("20261128", amzDate.slice(0, 8)),
            "x-amz-date": amzDate
          }
        })
        assert.strictEqual(found.status, 403)
        assert.match(found.code ?? "", /^InvalidSignatureException:/)
        assert.notMatch(found.body, internalWords)
      }).pipe(Effect.provide(emulator())))
  }
})

const token = FastCheck.oneof(
  FastCheck.stringMatching(/^[!-~]{0,40}$/),
  FastCheck.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "%",
    "%zz",
    "%ff%fe",
    "%00",
    "..",
    "//",
    "é\u00ff",
    "\0"
  )
)

const rawRequest = FastCheck.record({
  method: FastCheck.constantFrom("POST", "GET", "OPTIONS", "CONNECT", "TRACE", "post", "\0"),
  path: FastCheck.array(token, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
  route: FastCheck.constantFrom("", "/endpoints/echo/invocations", "/endpoints/echo/async-invocations"),
  query: FastCheck.array(FastCheck.tuple(token, token), { maxLength: 4 }),
  version: FastCheck.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/9"),
  headers: FastCheck.array(
    FastCheck.tuple(
      FastCheck.oneof(
        FastCheck.constantFrom(
          "host",
          "authorization",
          "x-amz-date",
          "content-length",
          "transfer-encoding",
          "expect",
          "upgrade",
          "connection",
          "x-amzn-sagemaker-inference-id",
          "__proto__",
          "constructor"
        ),
        token
      ),
      FastCheck.oneof(
        token,
        FastCheck.constantFrom("chunked", "5", "100-continue", "AWS4-HMAC-SHA256 a=b", "x".repeat(20_000))
      )
    ),
    { maxLength: 6 }
  ),
  body: FastCheck.uint8Array({ maxLength: 200 })
})

it.live.prop(
  "Random requests over TCP get an HTTP response or a closed connection, and the emulator goes on",
  { request: rawRequest },
  ({ request: { body, headers, method, path, query, route, version } }) =>
    Effect.gen(function*() {
      const port = yield* portOf
      const search = query.map(([name, value]) => `${name}=${value}`).join("&")
      const lines = headers.map(([name, value]) => `${name}: ${value}`)
      const text = [`${method} ${route === "" ? path : route}?${search} ${version}`, ...lines, "", ""].join("\r\n")
      const bytes = Buffer.concat([Buffer.from(text, "latin1"), body])
      const received = yield* exchange(port, bytes, (socket) => socket.end())
      assert.match(received.text, /^(HTTP\/1\.1 \d{3} [\s\S]*)?$/)
      assert.notMatch(received.text, internalWords)
    }).pipe(Effect.provide(sharedEmulator)),
  { fastCheck: { numRuns: 150 } }
)

const sharedEmulator = Layer.mergeAll(emulator({ requestTimeout: "1 second" }))

it.live("A pipeline of many requests in one connection closes it", () =>
  Effect.gen(function*() {
    const port = yield* portOf
    const never = head("content-length: 2").replace("echo", "never")
    yield* exchange(port, Array.from({ length: 40 }, () => `${never}{}`).join(""))
  }).pipe(Effect.provide(emulator({
    endpoints: [Emulator.endpoint("never", () => Effect.never)],
    credentials: "anonymous"
  }))))

it.live("InvokeEndpointAsync accepts {} beside InputLocation, and no other body", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const sendAsync = (body: string) =>
      send(`${url}/endpoints/echo/async-invocations?a=b&__proto__=c`, {
        headers: { "x-amzn-sagemaker-inputlocation": "s3://bucket/key" },
        body
      })
    assert.strictEqual((yield* sendAsync("{}")).status, 202)
    assert.strictEqual((yield* sendAsync("")).status, 202)
    assert.strictEqual((yield* sendAsync("{ }")).status, 400)
  }).pipe(Effect.provide(emulator({ credentials: "anonymous" }))))
