import { HttpApp, HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Layer, Stream, TestClock } from "effect"
import { type ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { createHash } from "node:crypto"
import { describe } from "vitest"
import { makeMemoryStore } from "../../src/internal/objectStore/memoryStore.ts"
import { crc32c } from "../../src/protocol/checksum/crc32c.ts"
import { crc64Nvme } from "../../src/protocol/checksum/crc64Nvme.ts"
import { Sha1 } from "../../src/protocol/checksum/sha1.ts"
import { parseXml, textOf } from "../../src/testing/internal/s3/xml.ts"

const encoder = new TextEncoder()

interface Sent {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly text: string
}

const anonymous: Emulator.EmulatorOptions = { endpoints: [], credentials: "anonymous" }

/** Sends a request to the emulated S3 of an emulator. */
const send = (method: string, target: string, headers: Record<string, string> = {}, body = "") =>
  Effect.gen(function*() {
    const { handleS3 } = yield* Emulator.Emulator
    const bytes = encoder.encode(body)
    const response = yield* handleS3({
      method,
      target,
      headers: { host: "localhost", ...(method === "PUT" ? { "content-length": `${bytes.length}` } : {}), ...headers },
      body: Stream.succeed(bytes)
    })
    const text = response.body instanceof Uint8Array
      ? new TextDecoder().decode(response.body)
      : yield* response.body.pipe(Stream.decodeText(), Stream.mkString, Effect.orDie)
    return { status: response.status, headers: response.headers, text } satisfies Sent
  })

const codeOf = ({ text }: Sent): string | undefined => /<Code>(.*)<\/Code>/.exec(text)?.[1]

const keysOf = ({ text }: Sent): ReadonlyArray<string> =>
  [...text.matchAll(/<(?:Key|CommonPrefixes><Prefix)>([^<]*)</g)].map(([, key]) => decodeURIComponent(key!))

describe("The checksums", () => {
  const parts = { bytes: FastCheck.uint8Array({ maxLength: 300 }), at: FastCheck.nat(300) }
  it("of the standard test text are correct", () => {
    const bytes = encoder.encode("123456789")
    assert.strictEqual(crc32c(bytes), 0xe3069283)
    assert.deepStrictEqual(crc64Nvme(bytes), { high: 0xae8b1486, low: 0x0a799888 })
  })

  it.prop("do not depend on the chunks", parts, ({ at, bytes }) => {
    const [first, second] = [bytes.subarray(0, at), bytes.subarray(at)]
    assert.strictEqual(crc32c(second, crc32c(first)), crc32c(bytes))
    assert.deepStrictEqual(crc64Nvme(second, crc64Nvme(first)), crc64Nvme(bytes))
    const sha1 = new Sha1()
    sha1.update(first)
    sha1.update(second)
    assert.strictEqual(Buffer.from(sha1.digest()).toString("hex"), createHash("sha1").update(bytes).digest("hex"))
  })
})

describe("The XML reader", () => {
  it.prop("accepts any text or rejects it, in linear time", [FastCheck.string(), FastCheck.string()], ([a, b]) => {
    const text = a.replace(/[<&]/g, "")
    const parsed = parseXml(`<?xml version="1.0"?><a xmlns="x"><!-- ${b.replace(/--/g, "")} --><k>${text}</k></a>`)
    assert.strictEqual(textOf(Either.getOrThrow(parsed), "k") ?? "", text)
    parseXml(a + b)
  })

  it("resolves the predefined entities and no others", () => {
    const text = "<a><k>&amp;&lt;&#65;&#x42;&x;<![CDATA[<&]]></k></a>"
    assert.strictEqual(textOf(Either.getOrThrow(parseXml(text)), "k"), "&<AB&x;<&")
  })
})

describe("GetObject", () => {
  const ranges: ReadonlyArray<readonly [string, number, string, string?]> = [
    ["bytes=0-0", 206, "0", "bytes 0-0/10"],
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=8-", 206, "89", "bytes 8-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-30", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=5-500", 206, "56789", "bytes 5-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=5-2", 200, "0123456789"],
    ["bytes=0-1,3-4", 200, "0123456789"],
    ["bytes=-", 200, "0123456789"],
    ["items=0-1", 200, "0123456789"]
  ]
  for (const [range, status, text, contentRange] of ranges) {
    it.effect(`with range ${range}`, () =>
      Effect.gen(function*() {
        yield* send("PUT", "/b/k", {}, "0123456789")
        const found = yield* send("GET", "/b/k", { range })
        assert.strictEqual(found.status, status)
        assert.strictEqual(found.headers["content-range"], contentRange)
        if (status < 400) {
          assert.strictEqual(found.text, text)
          assert.strictEqual(found.headers["content-length"], String(text.length))
        } else {
          assert.strictEqual(codeOf(found), "InvalidRange")
        }
      }).pipe(Effect.provide(Emulator.layer(anonymous))))
  }

  it.effect("with conditions", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 0, 2))
      const etag = (yield* send("PUT", "/b/k", {}, "a")).headers["etag"]!
      const [before, after] = ["Thu, 01 Jan 2026 00:00:00 GMT", "Sat, 03 Jan 2026 00:00:00 GMT"]
      const cases: ReadonlyArray<readonly [Record<string, string>, number]> = [
        [{ "if-match": etag }, 200],
        [{ "if-match": "*" }, 200],
        [{ "if-match": "\"x\"" }, 412],
        [{ "if-none-match": etag }, 304],
        [{ "if-none-match": `"x", W/${etag}` }, 304],
        [{ "if-none-match": "\"x\"" }, 200],
        [{ "if-modified-since": before }, 200],
        [{ "if-modified-since": after }, 304],
        [{ "if-unmodified-since": before }, 412],
        [{ "if-unmodified-since": before, "if-match": etag }, 200],
        [{ "if-modified-since": after, "if-none-match": "\"x\"" }, 200],
        [{ "if-modified-since": "no date" }, 200],
        [{ range: "bytes=0-0", "if-range": etag }, 206],
        [{ range: "bytes=0-0", "if-range": "\"x\"" }, 200]
      ]
      for (const [headers, status] of cases) {
        assert.strictEqual((yield* send("GET", "/b/k", headers)).status, status, JSON.stringify(headers))
      }
    }).pipe(Effect.provide(Emulator.layer(anonymous))))

  it.effect("with response headers from the query, but no line breaks in them", () =>
    Effect.gen(function*() {
      yield* send("PUT", "/b/k", { "content-type": "a/b", "x-amz-meta-Name": "1", "cache-control": "no-store" }, "a")
      const found = yield* send("GET", "/b/k?response-content-type=c%2Fd&response-content-disposition=inline")
      assert.include(found.headers, {
        "content-type": "c/d",
        "content-disposition": "inline",
        "cache-control": "no-store"
      })
      assert.strictEqual(codeOf(yield* send("GET", "/b/k?response-content-type=a%0d%0ab:c")), "InvalidArgument")
    }).pipe(Effect.provide(Emulator.layer(anonymous))))
})

describe("PutObject", () => {
  it.effect("verifies MD5, SHA-256 and checksums", () =>
    Effect.gen(function*() {
      const wrong = Buffer.alloc(16).toString("base64")
      const cases: ReadonlyArray<readonly [Record<string, string>, string | undefined]> = [
        [{ "content-md5": createHash("md5").update("a").digest("base64") }, undefined],
        [{ "content-md5": wrong }, "BadDigest"],
        [{ "content-md5": "x" }, "InvalidDigest"],
        [{ "x-amz-content-sha256": createHash("sha256").update("a").digest("hex") }, undefined],
        [{ "x-amz-content-sha256": "0".repeat(64) }, "XAmzContentSHA256Mismatch"],
        [{ "x-amz-content-sha256": "x" }, "InvalidArgument"],
        [{ "x-amz-checksum-sha1": createHash("sha1").update("a").digest("base64") }, undefined],
        [{ "x-amz-checksum-crc32": "6Le+Qw==" }, undefined],
        [{ "x-amz-checksum-crc32": "AAAAAA==" }, "BadDigest"],
        [{ "x-amz-checksum-crc32": "AAAA" }, "InvalidRequest"],
        [{ "x-amz-checksum-crc32": "6Le+Qw==", "x-amz-checksum-sha1": wrong }, "InvalidRequest"],
        [{ "x-amz-checksum-other": "AAAA" }, "NotImplemented"],
        [{ "x-amz-sdk-checksum-algorithm": "CRC32" }, "InvalidRequest"],
        [{ "x-amz-tagging": "a=b" }, "NotImplemented"],
        [{ "x-amz-server-side-encryption": "rot13" }, "InvalidArgument"],
        [{ "x-amz-meta-a": "x".repeat(3_000) }, "MetadataTooLarge"],
        [{ "content-length": "2" }, "IncompleteBody"],
        [{ "content-length": "0" }, "IncompleteBody"]
      ]
      for (const [index, [headers, code]] of cases.entries()) {
        const found = yield* send("PUT", `/b/${index}`, headers, "a")
        assert.strictEqual(codeOf(found), code, JSON.stringify(headers))
        const stored = yield* send("GET", `/b/${index}`)
        assert.strictEqual(stored.status, code === undefined ? 200 : 404)
      }
    }).pipe(Effect.provide(Emulator.layer(anonymous))))

  it.live("with If-None-Match stores one of many concurrent uploads", () =>
    Effect.gen(function*() {
      const puts = Array.from(
        { length: 20 },
        (_, index) => send("PUT", "/b/k", { "if-none-match": "*" }, String(index))
      )
      const responses = yield* Effect.all(puts, { concurrency: "unbounded" })
      const stored = responses.flatMap(({ status }, index) => (status === 200 ? [String(index)] : []))
      assert.strictEqual(stored.length, 1)
      assert.strictEqual((yield* send("GET", "/b/k")).text, stored[0])
      assert.isTrue(responses.every((found) => found.status === 200 || codeOf(found) === "PreconditionFailed"))
    }).pipe(Effect.provide(Emulator.layer(anonymous))))

  it.live("concurrently, leaves the bytes and the entity tag of the same upload", () =>
    Effect.gen(function*() {
      for (let round = 0; round < 10; round++) {
        const puts = ["aaaa", "bbbb", "cccc"].map((body) => send("PUT", "/b/k", {}, body))
        yield* Effect.all(puts, { concurrency: "unbounded" })
        const { headers, text } = yield* send("GET", "/b/k")
        assert.strictEqual(headers["etag"], `"${createHash("md5").update(text).digest("hex")}"`)
      }
    }).pipe(Effect.provide(Emulator.layer(anonymous))))
})

describe("ListObjectsV2", () => {
  const key = FastCheck.stringMatching(/^[ab/é😀￮]{1,6}$/u)
  it.effect.prop("lists every key once, in order, whatever the page size", {
    keys: FastCheck.uniqueArray(key, { maxLength: 12 }),
    size: FastCheck.integer({ min: 1, max: 5 }),
    prefix: FastCheck.constantFrom("", "a", "a/", "b"),
    delimiter: FastCheck.constantFrom("", "/", "b")
  }, ({ delimiter, keys, prefix, size }) =>
    Effect.gen(function*() {
      for (const name of keys) {
        yield* send("PUT", `/bucket/${encodeURIComponent(name)}`)
      }
      const rolled = keys.filter((name) => name.startsWith(prefix)).map((name) => {
        const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length)
        return at === -1 ? name : name.slice(0, at + delimiter.length)
      })
      const expected = [...new Set(rolled)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      const query = `list-type=2&encoding-type=url&max-keys=${size}&prefix=${prefix}&delimiter=${delimiter}`
      const found: Array<string> = []
      let token: string | undefined = ""
      while (token !== undefined) {
        const page: Sent = yield* send("GET", `/bucket?${query}${token === "" ? "" : `&continuation-token=${token}`}`)
        assert.isAtMost(keysOf(page).length, size)
        found.push(...keysOf(page))
        const next: string | undefined = /<NextContinuationToken>(.*?)</.exec(page.text)?.[1]
        token = next === undefined ? undefined : encodeURIComponent(next)
      }
      assert.deepStrictEqual(
        found.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        expected
      )
    }).pipe(Effect.provide(Emulator.layer(anonymous))))
})

describe("Objects of the store", () => {
  it.effect("that the emulator stores have a content type and their MD5 as entity tag", () =>
    Effect.gen(function*() {
      const { objectStore } = yield* Emulator.Emulator
      yield* objectStore.put("s3://b/k", encoder.encode("direct"), { contentType: "text/plain" })
      const { headers, text } = yield* send("GET", "/b/k")
      assert.strictEqual(text, "direct")
      assert.strictEqual(headers["content-type"], "text/plain")
      assert.strictEqual(headers["etag"], `"${createHash("md5").update("direct").digest("hex")}"`)
    }).pipe(Effect.provide(Emulator.layer(anonymous))))

  it.effect("that were put into the underlying store are served with a stable entity tag", () =>
    Effect.gen(function*() {
      const objectStore = makeMemoryStore()
      yield* Effect.gen(function*() {
        yield* objectStore.put("s3://b/k", encoder.encode("direct"))
        const first = yield* send("GET", "/b/k")
        assert.strictEqual(first.text, "direct")
        assert.match(first.headers["etag"]!, /^"[0-9a-f]{32}-1"$/)
        assert.strictEqual((yield* send("HEAD", "/b/k")).headers["etag"], first.headers["etag"])
        yield* objectStore.put("s3://b/k", encoder.encode("changed"))
        assert.notStrictEqual((yield* send("HEAD", "/b/k")).headers["etag"], first.headers["etag"])
      }).pipe(Effect.provide(Emulator.layer({ ...anonymous, objectStore })))
    }))

  it.effect("that fail are errors of S3", () =>
    Effect.gen(function*() {
      const failing = (reason: "access-denied" | "unavailable" | "other"): ObjectStore.ObjectStoreService => ({
        ...makeMemoryStore(),
        head: (location) => new SageMakerError.ObjectStoreError({ operation: "head", location, reason }),
        list: () => Stream.die("defect"),
        remove: () => Effect.interrupt
      })
      const codes = { "access-denied": "AccessDenied", unavailable: "SlowDown", other: "InternalError" } as const
      for (const [reason, code] of Object.entries(codes)) {
        yield* Effect.gen(function*() {
          assert.strictEqual(codeOf(yield* send("GET", "/b/k")), code)
          assert.strictEqual(codeOf(yield* send("GET", "/b")), "InternalError")
          assert.strictEqual(codeOf(yield* send("DELETE", "/b/k")), "InternalError")
        }).pipe(Effect.provide(Emulator.layer({ ...anonymous, objectStore: failing(reason as keyof typeof codes) })))
      }
    }))
})

it.effect("Multipart uploads that are unfinished at the end are removed, and are in no list", () =>
  Effect.gen(function*() {
    const objectStore = makeMemoryStore()
    yield* Effect.gen(function*() {
      const { text } = yield* send("POST", "/b/k?uploads")
      const id = /<UploadId>(.*)<\/UploadId>/.exec(text)?.[1]
      yield* send("PUT", `/b/k?partNumber=1&uploadId=${id}`, {}, "part")
      assert.deepStrictEqual(keysOf(yield* send("GET", "/b?list-type=2")), [])
      assert.strictEqual(codeOf(yield* send("GET", "/emulated-multipart-uploads?list-type=2")), "NoSuchBucket")
      const parts = yield* Stream.runCollect(objectStore.list("s3://emulated-multipart-uploads/"))
      assert.strictEqual(parts.length, 1)
    }).pipe(Effect.provide(Emulator.layer({ ...anonymous, objectStore })))
    assert.strictEqual((yield* Stream.runCollect(objectStore.list("s3://emulated-multipart-uploads/"))).length, 0)
  }))

describe("The HttpClient of the emulator serves S3", () => {
  const layer = Emulator.layerHttpClient(anonymous)
  const execute = (request: HttpClientRequest.HttpClientRequest) =>
    Effect.flatMap(HttpClient.HttpClient, (client) => client.execute(request))

  it.effect("with the bucket in the host or in the path, and with streams both ways", () =>
    Effect.gen(function*() {
      const body = HttpBody.stream(Stream.make(encoder.encode("ab"), encoder.encode("cd")), "text/plain", 4)
      const url = "https://bucket.s3.eu-west-1.amazonaws.com/a%20key"
      assert.strictEqual((yield* execute(HttpClientRequest.put(url, { body }))).status, 200)
      const response = yield* execute(HttpClientRequest.get("https://s3.amazonaws.com/bucket/a%20key"))
      assert.strictEqual(yield* response.text, "abcd")
      assert.strictEqual(response.headers["content-type"], "text/plain")
      assert.strictEqual((yield* execute(HttpClientRequest.head("http://bucket.localhost:80/a%20key"))).status, 200)
    }).pipe(Effect.provide(layer)))

  it.effect("and a request whose body fails, fails", () =>
    Effect.gen(function*() {
      const body = HttpBody.stream(Stream.fail("broken"), "text/plain", 4)
      const requests = [
        HttpClientRequest.put("http://localhost/b/k", { body }),
        HttpClientRequest.post("http://localhost/endpoints/echo/invocations", { body })
      ]
      for (const request of requests) {
        const error = yield* Effect.flip(execute(request))
        assert.include(error, { _tag: "RequestError", reason: "Transport" })
      }
    }).pipe(Effect.provide(layer)))
})

it.effect("The HttpApp serves S3, also a request without a body", () =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Emulator.Emulator>()
    const handle = HttpApp.toWebHandler(Effect.provide(Emulator.app, context))
    const call = (method: string, path: string, init: RequestInit = {}) =>
      Effect.promise(() => handle(new Request(`http://localhost${path}`, { method, ...init })))
    const headers = { "content-length": "3" }
    assert.strictEqual((yield* call("PUT", "/b/k", { body: "abc", headers })).status, 200)
    assert.strictEqual((yield* call("PUT", "/b/empty", { headers: { "content-length": "0" } })).status, 200)
    const response = yield* call("GET", "/b/k", { headers: { range: "bytes=1-" } })
    assert.strictEqual(response.status, 206)
    assert.strictEqual(yield* Effect.promise(() => response.text()), "bc")
    const head = yield* call("HEAD", "/b/k")
    assert.strictEqual(head.headers.get("content-length"), "3")
  }).pipe(Effect.provide(Layer.mergeAll(Emulator.layer(anonymous)))))

it.effect("The HttpApp reads a body of one chunk with very many elements", () =>
  Effect.gen(function*() {
    const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))
    const client = yield* Effect.provide(
      HttpClient.HttpClient,
      Emulator.layerHttpClient({ ...anonymous, endpoints: [echo] })
    )
    const bytes = Stream.rechunk(
      Stream.fromIterable(Array.from({ length: 100_000 }, () => new Uint8Array([1]))),
      100_000
    )
    const request = HttpClientRequest.post("http://localhost/endpoints/echo/invocations", {
      body: HttpBody.stream(bytes)
    })
    const response = yield* client.execute(request)
    assert.strictEqual((yield* response.arrayBuffer).byteLength, 100_000)
  }).pipe(Effect.scoped))
