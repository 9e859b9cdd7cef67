import { assert, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Stream, TestClock } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { describe } from "vitest"

// The examples in AWS's documentation of Amazon S3: "Transferring Payload in Multiple Chunks", without and with trailers.
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
}

const now = Date.UTC(2013, 4, 24)
const encoder = new TextEncoder()
const location = "s3://examplebucket/chunkObject.txt"

interface Example {
  readonly headers: Record<string, string>
  readonly signedHeaders: string
  readonly signature: string
  readonly body: string
}

const bodyOf = (signatures: ReadonlyArray<string>, end: string): string =>
  [`10000;chunk-signature=${signatures[0]}`, "a".repeat(65_536), `400;chunk-signature=${signatures[1]}`].join("\r\n") +
  `\r\n${"a".repeat(1_024)}\r\n0;chunk-signature=${signatures[2]}\r\n${end}`

const signed: Example = {
  headers: { "content-length": "66824", "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" },
  signedHeaders:
    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
  signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  body: bodyOf([
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
  ], "\r\n")
}

const signedWithTrailer: Example = {
  headers: {
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32c"
  },
  signedHeaders:
    "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
  signature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  body: bodyOf(
    [
      "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
      "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
    ],
    "x-amz-checksum-crc32c:sOO8/Q==\r\n" +
      "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
  )
}

const examples = { "signed chunks": signed, "signed chunks and trailers": signedWithTrailer }

const emulator = Emulator.layer({ endpoints: [], credentials })

/** Splits bytes into chunks of these sizes, repeatedly. */
const split = (bytes: Uint8Array, sizes: ReadonlyArray<number>): Stream.Stream<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let [at, index] = [0, 0]; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return Stream.fromIterable(chunks)
}

const send = ({ headers, signature, signedHeaders }: Example, body: Stream.Stream<Uint8Array, unknown>) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now)
    const { handleS3 } = yield* Emulator.Emulator
    const response = yield* handleS3({
      method: "PUT",
      target: "/examplebucket/chunkObject.txt",
      headers: {
        host: "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        ...headers,
        authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20130524/us-east-1/s3/aws4_request, ` +
          `SignedHeaders=${signedHeaders}, Signature=${signature}`
      },
      body
    })
    const text = response.body instanceof Uint8Array ? new TextDecoder().decode(response.body) : ""
    return { status: response.status, code: /<Code>(.*)<\/Code>/.exec(text)?.[1], text }
  })

const isStored = Effect.flatMap(
  Emulator.Emulator,
  ({ objectStore }) => Effect.either(objectStore.head(location))
)

describe("The emulated S3 accepts AWS's example of", () => {
  for (const [name, example] of Object.entries(examples)) {
    it.effect.prop(`${name}, whatever the chunks of the network`, {
      sizes: FastCheck.array(FastCheck.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 })
    }, ({ sizes }) =>
      Effect.gen(function*() {
        const { status, text } = yield* send(example, split(encoder.encode(example.body), [30_000, ...sizes]))
        assert.strictEqual(status, 200, text)
        assert.strictEqual(Either.getOrThrow(yield* isStored).size, 66_560)
      }).pipe(Effect.provide(emulator)), { fastCheck: { numRuns: 10 } })
  }
})

describe("The emulated S3 stores nothing of", () => {
  const changes: ReadonlyArray<readonly [string, Example, (body: string) => string, string]> = [
    [
      "a body with another byte in the first chunk",
      signed,
      (_) => _.replace("\r\naa", "\r\nba"),
      "SignatureDoesNotMatch"
    ],
    [
      "a body with another byte in the last chunk",
      signed,
      (_) => _.replace("a\r\n0;", "b\r\n0;"),
      "SignatureDoesNotMatch"
    ],
    ["a body with another signature", signed, (_) => _.replace("=ad80", "=bd80"), "SignatureDoesNotMatch"],
    ["a body with another last signature", signed, (_) => _.replace("=b6c6", "=a6c6"), "SignatureDoesNotMatch"],
    ["a body without signatures", signed, (_) => _.replace(/;chunk-signature=[0-9a-f]+/g, ""), "SignatureDoesNotMatch"],
    ["a body without its last chunk", signed, (_) => _.replace(/0;chunk-signature=b6.*/s, ""), "IncompleteBody"],
    ["a body that ends in a chunk", signed, (_) => _.slice(0, 60_000), "IncompleteBody"],
    ["chunks in another order", signed, (_) => _.replace(/^(10000;.*?\r\n)(a+\r\n)(400;.*?\r\n)/, "$3$2$1"), ""],
    ["a body with a wrong size", signed, (_) => _.replace("10000;", "10001;"), "IncompleteBody"],
    ["a body with a size that is no number", signed, (_) => _.replace("10000;", "x;"), "IncompleteBody"],
    ["a body with a huge size", signed, (_) => _.replace("10000;", "fffffffffffff;"), "IncompleteBody"],
    ["a body with an endless header", signed, () => "1".repeat(100_000), "IncompleteBody"],
    ["a body with a small first chunk", signed, (_) => `1;chunk-signature=${"0".repeat(64)}\r\na\r\n${_}`, ""],
    ["a body with another checksum", signedWithTrailer, (_) => _.replace("sOO8", "sOO9"), "SignatureDoesNotMatch"],
    [
      "a body with another trailer signature",
      signedWithTrailer,
      (_) => _.replace(":d81f", ":e81f"),
      "SignatureDoesNotMatch"
    ],
    [
      "a body without its trailer",
      signedWithTrailer,
      (_) => _.replace(/x-amz-checksum.*?\r\n/, ""),
      "MalformedTrailerError"
    ],
    ["a body with another trailer", signedWithTrailer, (_) => _.replace("crc32c:", "crc32:"), "MalformedTrailerError"],
    ["a body with endless trailers", signedWithTrailer, (_) => _ + "a".repeat(100_000), "MalformedTrailerError"]
  ]
  for (const [name, example, change, code] of changes) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const body = change(example.body)
        assert.notStrictEqual(body, example.body)
        const found = yield* send(example, split(encoder.encode(body), [10_000]))
        assert.include([400, 403], found.status)
        if (code !== "") {
          assert.strictEqual(found.code, code)
        }
        assert.include(Either.getLeft(yield* isStored), { _tag: "Some" })
      }).pipe(Effect.provide(emulator)))
  }

  it.effect("a request that was changed after it was signed", () =>
    Effect.gen(function*() {
      for (const name of ["x-amz-decoded-content-length", "x-amz-meta-a", "x-amz-content-sha256"]) {
        const headers = { ...signed.headers, [name]: "UNSIGNED-PAYLOAD" }
        const found = yield* send({ ...signed, headers }, Stream.empty)
        assert.include(["SignatureDoesNotMatch", "AccessDenied"], found.code)
      }
    }).pipe(Effect.provide(emulator)))
})
