import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Either, Exit, Fiber, Stream } from "effect"
import { SageMakerError, Timeouts } from "effect-sagemaker-runtime"
import type { RequestListener, ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { captureOutput } from "../support/captureOutput.ts"
import { eventually } from "../support/eventually.ts"
import { serve, serveTcp } from "../support/server.ts"
import { httpClients } from "../support/wireServer.ts"
import { credentials, type Store, withStore } from "./support/store.ts"

const location = "s3://models/out/one.json"

const serviceText = "S3-TEXT-OF-THE-SERVICE AKIDEXAMPLE"

const errorXml = (code: string, message = serviceText) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>` +
  "<RequestId>4442587FB7D0A2F9</RequestId></Error>"

const respond =
  (status: number, body: string | Uint8Array = "", headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    request.resume()
    response.writeHead(status, { "x-amz-request-id": "REQ-1", "content-length": Buffer.byteLength(body), ...headers })
    response.end(request.method === "HEAD" ? undefined : body)
  }

type Call = (store: Store) => Effect.Effect<unknown, SageMakerError.ObjectStoreError>

const calls: { readonly [operation in SageMakerError.ObjectStoreOperation]: Call } = {
  get: (store) => Stream.runDrain(store.get(location)),
  put: (store) => store.put(location, new Uint8Array(3)),
  head: (store) => store.head(location),
  list: (store) => Stream.runDrain(store.list("s3://models/out/")),
  remove: (store) => store.remove(location)
}

const everyCall = Object.entries(calls) as ReadonlyArray<readonly [SageMakerError.ObjectStoreOperation, Call]>

const failureOf = (call: Call, listener: RequestListener, http = httpClients["the Node client"]) =>
  Effect.scoped(
    Effect.flatMap(serve(listener), (server) =>
      Effect.map(Effect.either(withStore(server.url, http, call)), (result) => {
        assert(Either.isLeft(result), "expected a failure")
        assert.instanceOf(result.left, SageMakerError.ObjectStoreError)
        return { error: result.left, requests: server.seen().length }
      }))
  )

const responses: ReadonlyArray<readonly [number, string, SageMakerError.ObjectStoreErrorReason]> = [
  [403, "AccessDenied", "access-denied"],
  [403, "SignatureDoesNotMatch", "access-denied"],
  [403, "InvalidAccessKeyId", "access-denied"],
  [400, "ExpiredToken", "access-denied"],
  [403, "InvalidObjectState", "other"],
  [500, "InternalError", "unavailable"],
  [503, "ServiceUnavailable", "unavailable"],
  [400, "RequestTimeout", "unavailable"],
  [409, "OperationAborted", "unavailable"],
  [400, "InvalidArgument", "other"],
  [400, "KMS.DisabledException", "other"],
  [501, "NotImplemented", "other"],
  [405, "MethodNotAllowed", "other"],
  [412, "PreconditionFailed", "other"],
  [301, "PermanentRedirect", "other"],
  [404, "NoSuchBucket", "other"]
]
for (const [status, code, reason] of responses) {
  it.live.each(everyCall.filter(([operation]) => operation !== "head"))(
    `Status ${status} with ${code} is ${reason} for %s`,
    ([operation, call]) =>
      Effect.gen(function*() {
        const { error } = yield* failureOf(call, respond(status, errorXml(code)))
        assert.deepInclude(error, { operation, reason, status, requestId: "REQ-1" })
        assert.notInclude(error.message, "TEXT")
      })
  )
}

describe.each(Object.entries(httpClients))("With %s", (_, http) => {
  it.live.each(
    [[403, "access-denied"], [400, "other"], [500, "unavailable"], [429, "unavailable"], [301, "other"]] as const
  )(
    "status %s without a body is %s for head",
    ([status, reason]) =>
      Effect.gen(function*() {
        const { error } = yield* failureOf(calls.head, respond(status), http)
        assert.deepInclude(error, { operation: "head", reason, status })
      })
  )

  it.live("throttling is unavailable after the retries", () =>
    Effect.gen(function*() {
      const { error, requests } = yield* failureOf(calls.get, respond(503, errorXml("SlowDown")), http)
      assert.deepInclude(error, { reason: "unavailable", status: 503, retry: "transient" })
      assert.strictEqual(requests, 2)
    }))

  it.live.each(["<html>Bad gateway</html>", "", "{}", "<Error><Code>", "\u0000\u0001"])(
    "an unreadable body of an error keeps its status (%j)",
    (body) =>
      Effect.gen(function*() {
        for (const [status, reason] of [[502, "unavailable"], [403, "access-denied"], [400, "other"]] as const) {
          const { error } = yield* failureOf(calls.get, respond(status, body), http)
          assert.deepInclude(error, { reason, status })
        }
      })
  )

  it.live.each(["<ListBucketResult><Contents>", "not XML", "<a/>"])(
    "a list that is not valid fails (%s)",
    (body) =>
      Effect.gen(function*() {
        const { error } = yield* failureOf(calls.list, respond(200, body), http)
        assert.deepInclude(error, { operation: "list", reason: "other" })
      })
  )

  it.live("a status that is no redirect does not report another region", () =>
    Effect.gen(function*() {
      const { error } = yield* failureOf(calls.head, respond(304), http)
      assert.deepInclude(error, { operation: "head", reason: "other", status: 304 })
      assert.notInclude(error.message, "region")
    }))

  it.live("a page that continues with itself ends the list", () =>
    Effect.gen(function*() {
      const page = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents>" +
        "<NextContinuationToken>same</NextContinuationToken></ListBucketResult>"
      const { error, requests } = yield* failureOf(calls.list, respond(200, page), http)
      assert.deepInclude(error, { operation: "list", reason: "other" })
      assert.strictEqual(requests, 2)
    }))

  it.live("a refused connection is unavailable", () =>
    Effect.gen(function*() {
      const { port } = yield* Effect.scoped(serveTcp(() => undefined))
      const error = yield* Effect.flip(withStore(`http://127.0.0.1:${port}`, http, calls.head))
      assert.deepInclude(error, { operation: "head", reason: "unavailable" })
      assert.include(error.message, `127.0.0.1:${port}`)
    }))

  it.live.each(everyCall)(
    "a connection that is reset is unavailable, after a retry, for %s",
    ([operation, call]) =>
      Effect.gen(function*() {
        const { error, requests } = yield* failureOf(call, (request) => void request.socket.resetAndDestroy(), http)
        assert.deepInclude(error, { operation, reason: "unavailable", retry: "transient" })
        assert.strictEqual(requests, 2)
      })
  )

  it.live("a list whose body is cut is sent again", () =>
    Effect.gen(function*() {
      const page =
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>"
      const cut = (response: ServerResponse) => {
        response.writeHead(200, { "content-length": page.length })
        response.write(page.slice(0, 30), () => response.destroy())
      }
      let count = 0
      const server = yield* serve((request, response) => {
        count += 1
        if (count === 1) {
          cut(response)
        } else {
          respond(200, page)(request, response)
        }
      })
      const entries = yield* withStore(server.url, http, (store) => Stream.runCollect(store.list("s3://models/")))
      assert.deepStrictEqual(Chunk.toReadonlyArray(entries), [{ location: "s3://models/a", size: 1 }])
    }).pipe(Effect.scoped))

  const object = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251))

  /** Serves ranges of the object, and cuts each response after some bytes. */
  const cutting = (cutAfter: (nth: number) => number, etag: (nth: number) => string | undefined = () => "\"v1\"") => {
    const ranges: Array<string | undefined> = []
    const listener: RequestListener = (request, response) => {
      const nth = ranges.push(request.headers.range) - 1
      const version = etag(nth)
      const expected = request.headers["if-match"]
      if (expected !== undefined && expected !== version) {
        respond(412, errorXml("PreconditionFailed"))(request, response)
        return
      }
      const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "bytes=0-") ?? []
      const start = Number(first)
      const end = last === "" ? object.length - 1 : Math.min(Number(last), object.length - 1)
      const part = object.subarray(start, end + 1)
      const isWhole = request.headers.range === undefined
      response.writeHead(isWhole ? 200 : 206, {
        "content-length": part.length,
        ...(version === undefined ? {} : { etag: version }),
        ...(isWhole ? {} : { "content-range": `bytes ${start}-${end}/${object.length}` })
      })
      const length = Math.min(cutAfter(nth), part.length)
      response.write(part.subarray(0, length), () => {
        if (length < part.length) {
          response.destroy()
        } else {
          response.end()
        }
      })
    }
    return { listener, ranges }
  }

  const readAll = (store: Store, range?: { readonly start: number; readonly end?: number }) =>
    Effect.map(Stream.runCollect(store.get(location, range)), (chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)))

  it.live("a body that is cut is continued from the next byte", () =>
    Effect.gen(function*() {
      const { listener, ranges } = cutting((nth) => nth < 3 ? 70_000 : Infinity)
      const server = yield* serve(listener)
      const read = yield* withStore(server.url, http, (store) => readAll(store))
      assert.strictEqual(read.compare(object), 0)
      assert.isUndefined(ranges[0])
      assert.lengthOf(ranges, 4)
      assert.match(String(ranges[1]), /^bytes=[1-9]\d*-$/)
    }).pipe(Effect.scoped))

  it.live("a range that is cut is continued within the range", () =>
    Effect.gen(function*() {
      const { listener, ranges } = cutting((nth) => nth < 2 ? 50_000 : Infinity)
      const server = yield* serve(listener)
      const read = yield* withStore(server.url, http, (store) => readAll(store, { start: 1_000, end: 200_999 }))
      assert.strictEqual(read.compare(object.subarray(1_000, 201_000)), 0)
      assert.deepStrictEqual(ranges[0], "bytes=1000-200999")
      assert.match(String(ranges[1]), /^bytes=\d+-200999$/)
    }).pipe(Effect.scoped))

  it.live("a body that is always cut is unavailable after four requests for the rest", () =>
    Effect.gen(function*() {
      const { listener, ranges } = cutting(() => 1_000)
      const server = yield* serve(listener)
      const error = yield* Effect.flip(withStore(server.url, http, (store) => readAll(store)))
      assert.deepInclude(error, { operation: "get", reason: "unavailable" })
      assert.lengthOf(ranges, 5)
    }).pipe(Effect.scoped))

  it.live("an object that is replaced while it is read is unavailable", () =>
    Effect.gen(function*() {
      const { listener } = cutting(() => 1_000, (nth) => nth === 0 ? "\"v1\"" : "\"v2\"")
      const server = yield* serve(listener)
      const error = yield* Effect.flip(withStore(server.url, http, (store) => readAll(store)))
      assert.deepInclude(error, { operation: "get", reason: "unavailable" })
      assert.include(error.message, "replaced")
    }).pipe(Effect.scoped))

  it.live("a body without a version that is cut is unavailable", () =>
    Effect.gen(function*() {
      const { listener, ranges } = cutting(() => 1_000, () => undefined)
      const server = yield* serve(listener)
      const error = yield* Effect.flip(withStore(server.url, http, (store) => readAll(store)))
      assert.deepInclude(error, { operation: "get", reason: "unavailable" })
      assert.lengthOf(ranges, 1)
    }).pipe(Effect.scoped))

  it.live("a server that ignores the range fails, unless the range is at the start", () =>
    Effect.gen(function*() {
      const server = yield* serve(respond(200, "0123456789", { etag: "\"v1\"" }))
      yield* withStore(server.url, http, (store) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(readAll(store, { start: 3, end: 4 }))
          assert.deepInclude(error, { operation: "get", reason: "other" })
          assert.strictEqual((yield* readAll(store, { start: 0, end: 3 })).toString(), "0123")
        }))
    }).pipe(Effect.scoped))

  it.live("a wrong checksum fails the read", () =>
    Effect.gen(function*() {
      const server = yield* serve(respond(200, "0123456789", { etag: "\"v1\"", "x-amz-checksum-crc32": "AAAAAA==" }))
      const error = yield* Effect.flip(withStore(server.url, http, (store) => readAll(store)))
      assert.deepInclude(error, { operation: "get", reason: "unavailable" })
      assert.include(error.message, "checksum")
      assert.lengthOf(server.seen(), 1)
      const unchecked = yield* withStore(server.url, http, (store) => readAll(store), {
        responseChecksumValidation: "WHEN_REQUIRED"
      })
      assert.strictEqual(unchecked.toString(), "0123456789")
    }).pipe(Effect.scoped))

  it.live("leaving the stream closes the connection", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-length": 1e9, etag: "\"v1\"" })
        const write = () => {
          while (!response.destroyed && response.write(object)) {
            // The loop ends when the socket's buffer is full.
          }
          response.once("drain", write)
        }
        write()
      })
      yield* withStore(server.url, http, (store) =>
        Effect.gen(function*() {
          const first = yield* Stream.runHead(store.get(location))
          assert.strictEqual(first._tag, "Some")
          yield* eventually(() => server.sockets.size === 0)
        }))
    }).pipe(Effect.scoped))

  it.live.each(
    [["before", ""], ["after", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: \"v\"\r\n\r\nabc"]] as const
  )(
    "an interruption while the server stalls %s the response headers closes the connection",
    ([, sent]) =>
      Effect.gen(function*() {
        const server = yield* serveTcp((socket) => void socket.once("data", () => socket.write(sent)))
        yield* withStore(`http://127.0.0.1:${server.port}`, http, (store) =>
          Effect.gen(function*() {
            for (const [operation, call] of everyCall) {
              // A response to HEAD ends with its headers.
              if (operation === "head" && sent !== "") {
                continue
              }
              const fiber = yield* Effect.fork(call(store))
              yield* eventually(() => server.sockets.size > 0)
              yield* Effect.sleep("50 millis")
              const exit = yield* Effect.timeout(Fiber.interrupt(fiber), "2 seconds")
              assert.isTrue(Exit.isFailure(exit) || sent !== "")
              yield* eventually(() => server.sockets.size === 0)
            }
          }))
      }).pipe(Effect.scoped)
  )

  it.live("a server that stalls is unavailable after the timeouts", () =>
    Effect.gen(function*() {
      const server = yield* serveTcp((socket) => void socket.resume())
      const error = yield* Effect.flip(
        withStore(`http://127.0.0.1:${server.port}`, http, calls.head).pipe(
          Effect.provide(Timeouts.layer({ firstByte: "100 millis", idle: "100 millis" }))
        )
      )
      assert.deepInclude(error, { operation: "head", reason: "unavailable" })
      yield* eventually(() => server.sockets.size === 0)
    }).pipe(Effect.scoped))

  it.live("a body that stalls is unavailable after the timeouts", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => {
        response.writeHead(200, { "content-length": 100, etag: "\"v1\"" })
        response.write("abc")
      })
      const error = yield* Effect.flip(
        withStore(server.url, http, calls.get).pipe(
          Effect.provide(Timeouts.layer({ firstByte: "5 seconds", idle: "50 millis" }))
        )
      )
      assert.deepInclude(error, { operation: "get", reason: "unavailable" })
      yield* eventually(() => server.sockets.size === 0)
    }).pipe(Effect.scoped))

  it.live("a redirect is not followed", () =>
    Effect.gen(function*() {
      const other = yield* serve(respond(200, "stolen"))
      for (const [operation, call] of everyCall) {
        const { error } = yield* failureOf(
          call,
          respond(307, errorXml("TemporaryRedirect"), { location: other.url }),
          http
        )
        assert.deepInclude(error, { operation, reason: "other", status: 307 })
      }
      assert.lengthOf(other.seen(), 0)
    }).pipe(Effect.scoped))
})

it.live("Neither text of the server nor credentials can be printed", () =>
  Effect.gen(function*() {
    for (const [, call] of everyCall) {
      for (
        const listener of [
          respond(400, errorXml("InvalidArgument")),
          respond(403, errorXml("AccessDenied")),
          respond(500, serviceText)
        ]
      ) {
        const server = yield* serve(listener)
        const { texts } = yield* captureOutput(withStore(server.url, httpClients["the Node client"], call))
        for (const [way, text] of texts) {
          for (const secret of [serviceText, ...Object.values(credentials), "X-Amz-Signature", "AWS4-HMAC"]) {
            assert.notInclude(text, secret, way)
          }
        }
      }
    }
  }).pipe(Effect.scoped))

it.live("A status 403 that names AWS KMS says which permission is missing", () =>
  Effect.gen(function*() {
    const text = "User is not authorized to perform: kms:Decrypt on resource arn:aws:kms:eu-west-1:111122223333:key/1"
    const { error } = yield* failureOf(calls.get, respond(403, errorXml("AccessDenied", text)))
    assert.include(error.message, "kms:Decrypt")
    assert.notInclude(error.message, "111122223333")
  }))

describe("An object with a content encoding", () => {
  const plain = Buffer.from("a text that is compressed ".repeat(100))
  const stored = gzipSync(plain)
  const listener = respond(200, stored, {
    etag: "\"v1\"",
    "content-encoding": "gzip",
    "x-amz-checksum-crc32": "AAAAAA=="
  })
  const read = (http: typeof httpClients[keyof typeof httpClients], options = {}) =>
    Effect.scoped(
      Effect.flatMap(serve(listener), ({ url }) =>
        withStore(url, http, (store) => Stream.runCollect(store.get(location)), options))
    ).pipe(
      Effect.map((chunks) =>
        Buffer.concat(Chunk.toReadonlyArray(chunks))
      )
    )

  it.live("has its stored bytes with the Node client", () =>
    Effect.gen(function*() {
      const bytes = yield* read(httpClients["the Node client"], { responseChecksumValidation: "WHEN_REQUIRED" })
      assert.strictEqual(bytes.compare(stored), 0)
    }))

  it.live("is decoded by fetch, without a check of the checksum", () =>
    Effect.gen(function*() {
      const bytes = yield* read(httpClients.fetch)
      assert.strictEqual(bytes.toString(), plain.toString())
    }))
})
