import { S3Client } from "@aws-sdk/client-s3"
import { HttpClient, type HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, ConfigProvider, Deferred, Effect, Either, Exit, Fiber, Layer, Redacted, Stream } from "effect"
import { Credentials, ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { eventually } from "../support/eventually.ts"
import { type Reply, type Responder, scriptedHttpClient } from "../support/scriptedHttpClient.ts"
import { serve } from "../support/server.ts"
import { credentials, type Store, withStore } from "./support/store.ts"

const location = "s3://models/out/one.json"

const xml = (body: string): Reply => ({ status: 200, headers: { "content-type": "application/xml" }, body })

const error = (status: number, code: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: `<Error><Code>${code}</Code><Message>text</Message></Error>`
})

const ok: Reply = { status: 200, headers: { etag: "\"v1\"" } }

type Request = HttpClientRequest.HttpClientRequest

const scripted = (
  reply: Responder,
  use: (store: Store) => Effect.Effect<unknown, unknown>,
  options: S3ObjectStore.S3ObjectStoreOptions = {}
) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(reply)
    const result = yield* Effect.either(withStore(undefined, server.http, use, { forcePathStyle: false, ...options }))
    return { result, requests: yield* server.requests }
  })

const urlOf = ({ url }: Request) => new URL(url)

const operationOf = (request: Request): string => {
  const { searchParams } = urlOf(request)
  if (searchParams.has("uploads")) {
    return "create"
  }
  if (searchParams.has("partNumber")) {
    return "part"
  }
  if (searchParams.has("uploadId")) {
    return request.method === "POST" ? "complete" : "abort"
  }
  return request.method
}

const uploads: Responder = (request) => {
  switch (operationOf(request)) {
    case "create":
      return xml("<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>")
    case "complete":
      return xml("<CompleteMultipartUploadResult><ETag>\"v1\"</ETag></CompleteMultipartUploadResult>")
    case "abort":
      return { status: 204 }
    default:
      return ok
  }
}

const mebibyte = 2 ** 20

const small = { partSize: 5 * mebibyte, multipartThreshold: 5 * mebibyte }

const stream = (mebibytes: number) =>
  Stream.fromIterable(Array.from({ length: mebibytes }, () => new Uint8Array(mebibyte)))

/** Runs after the first parts have been sent. */
const afterParts = <E>(effect: Effect.Effect<never, E>) => Stream.fromEffect(Effect.delay(effect, "50 millis"))

describe("A bucket in another region", () => {
  const wrongRegion: Responder = (request) =>
    urlOf(request).host.includes("eu-central-1")
      ? { status: 200, headers: { "content-length": "5", "content-type": "text/plain" } }
      : error(301, "PermanentRedirect", { "x-amz-bucket-region": "eu-central-1" })

  it.live("is found once, with the credentials for its region", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* scripted(wrongRegion, (store) =>
        Effect.zipRight(store.head(location), store.head(location)))
      assert.deepStrictEqual(result, Either.right({ size: 5, contentType: "text/plain" }))
      assert.deepStrictEqual(
        requests.map((request) =>
          urlOf(request).host
        ),
        [
          "models.s3.eu-west-1.amazonaws.com",
          "models.s3.eu-central-1.amazonaws.com",
          "models.s3.eu-central-1.amazonaws.com"
        ]
      )
      assert.include(requests[1]?.headers["authorization"], "/eu-central-1/s3/aws4_request")
    }))

  it.live("is found by many requests at the same time, without sending others to a wrong region", () =>
    Effect.gen(function*() {
      const reply: Responder = (request) =>
        urlOf(request).host.startsWith("here.")
          ? { status: 200, headers: { "content-length": "1" } }
          : wrongRegion(request)
      const { requests, result } = yield* scripted(
        reply,
        (store) =>
          Effect.forEach(
            Array.from({ length: 20 }, (_, index) => index),
            (index) => store.head(index % 2 === 0 ? `s3://here/${index}` : location),
            { concurrency: "unbounded" }
          )
      )
      assert.isTrue(Either.isRight(result))
      const here = requests.filter((request) => urlOf(request).host.startsWith("here."))
      assert.isTrue(here.every((request) => urlOf(request).host === "here.s3.eu-west-1.amazonaws.com"))
    }))

  it.live("that still redirects is another error, and a region that is no region is ignored", () =>
    Effect.gen(function*() {
      for (const region of ["eu-central-1", "evil.example.com#-1", "EU", ""]) {
        const { requests, result } = yield* scripted(
          () => error(301, "PermanentRedirect", { "x-amz-bucket-region": region }),
          (store) => store.head(location)
        )
        assert.isTrue(Either.isLeft(result) && (result.left as SageMakerError.ObjectStoreError).reason === "other")
        assert.isAtMost(requests.length, 2)
        assert.isTrue(requests.every((request) => urlOf(request).host.endsWith(".amazonaws.com")))
      }
    }))

  it.live("is found by an upload in parts", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* scripted(
        (request) => urlOf(request).host.includes("eu-central-1") ? uploads(request) : wrongRegion(request),
        (store) => store.put(location, stream(11)),
        small
      )
      assert.isTrue(Either.isRight(result))
      assert.deepStrictEqual(requests.map(operationOf), ["create", "create", "part", "part", "part", "complete"])
    }))
})

describe("The settings of requests", () => {
  const settings: S3ObjectStore.S3PutSettings = {
    ServerSideEncryption: "aws:kms",
    SSEKMSKeyId: "alias/models",
    BucketKeyEnabled: true,
    ExpectedBucketOwner: "111122223333",
    StorageClass: "STANDARD_IA"
  }

  it.live.each([["PutObject", 1, "PUT"], ["an upload in parts", 6, "create"]] as const)(
    "apply to %s",
    ([, size, operation]) =>
      Effect.gen(function*() {
        const { requests, result } = yield* scripted(
          uploads,
          (store) => store.put(location, stream(size), { contentType: "text/csv" }),
          { ...small, ...settings }
        )
        assert.isTrue(Either.isRight(result))
        const request = requests.find((each) => operationOf(each) === operation)
        assert.deepInclude(request?.headers, {
          "content-type": "text/csv",
          "x-amz-server-side-encryption": "aws:kms",
          "x-amz-server-side-encryption-aws-kms-key-id": "alias/models",
          "x-amz-server-side-encryption-bucket-key-enabled": "true",
          "x-amz-storage-class": "STANDARD_IA"
        })
        assert.isTrue(requests.every(({ headers }) => headers["x-amz-expected-bucket-owner"] === "111122223333"))
      })
  )

  it.live("include the owner of the bucket for all operations", () =>
    Effect.gen(function*() {
      const { requests } = yield* scripted(() => ({ status: 404 }), (store) =>
        Effect.all([
          Effect.either(store.head(location)),
          Effect.either(Stream.runDrain(store.get(location))),
          Effect.either(Stream.runDrain(store.list(location))),
          Effect.either(store.remove(location))
        ]), settings)
      assert.isAtLeast(requests.length, 5)
      assert.isTrue(requests.every(({ headers }) => headers["x-amz-expected-bucket-owner"] === "111122223333"))
    }))

  it.live("anonymous requests have no signature", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, headers: { "content-length": "1" } })
      const store = S3ObjectStore.layer({ region: "eu-west-1", anonymous: true }).pipe(Layer.provide(server.http))
      yield* Effect.flatMap(ObjectStore.ObjectStore, ({ head }) => head(location)).pipe(Effect.provide(store))
      const [request] = yield* server.requests
      assert.isUndefined(request?.headers["authorization"])
    }))
})

describe("Credentials", () => {
  it.live("are loaded for each request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, headers: { "content-length": "1" } })
      let count = 0
      const rotating = Layer.effect(
        Credentials.Credentials,
        Effect.map(Credentials.Credentials, ({ get }) => ({
          get: Effect.map(get, (current) => ({ ...current, accessKeyId: Redacted.make(`AKID${count}`) }))
        }))
      ).pipe(Layer.provide(Credentials.layer(credentials)))
      const store = S3ObjectStore.layer({ region: "eu-west-1" }).pipe(Layer.provide([rotating, server.http]))
      yield* Effect.flatMap(ObjectStore.ObjectStore, ({ head }) =>
        Effect.repeatN(Effect.zipLeft(head(location), Effect.sync(() => void (count += 1))), 1)).pipe(
          Effect.provide(store)
        )
      const keys = (yield* server.requests).map(({ headers }) =>
        /Credential=(\w+)/.exec(headers["authorization"] ?? "")?.[1]
      )
      assert.deepStrictEqual(keys, ["AKID0", "AKID1"])
    }))

  it.live("that cannot be loaded are access-denied, before any request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const missing = Layer.succeed(Credentials.Credentials, {
        get: Effect.fail(new SageMakerError.CredentialsError({ message: "no source has credentials", sources: ["a"] }))
      })
      const store = S3ObjectStore.layer({ region: "eu-west-1" }).pipe(Layer.provide([missing, server.http]))
      const failed = yield* Effect.flip(
        Effect.flatMap(ObjectStore.ObjectStore, ({ head }) => head(location)).pipe(Effect.provide(store))
      )
      assert.deepInclude(failed, { _tag: "ObjectStoreError", operation: "head", reason: "access-denied" })
      assert.include(failed.message, "no source has credentials")
      assert.strictEqual(yield* server.attempts, 0)
    }))
})

describe("An upload in parts", () => {
  it.live("that fails is aborted", () =>
    Effect.gen(function*() {
      for (const failing of ["part", "complete"]) {
        const { requests, result } = yield* scripted(
          (request) => operationOf(request) === failing ? error(403, "AccessDenied") : uploads(request),
          (store) => store.put(location, stream(12)),
          small
        )
        assert.isTrue(
          Either.isLeft(result) && (result.left as SageMakerError.ObjectStoreError).reason === "access-denied"
        )
        assert.strictEqual(operationOf(requests.at(-1) as Request), "abort")
        assert.strictEqual(urlOf(requests.at(-1) as Request).searchParams.get("uploadId"), "upload-1")
      }
    }))

  it.live("whose part fails ends at once, although the source has not ended", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* scripted(
        (request) => operationOf(request) === "part" ? error(403, "AccessDenied") : uploads(request),
        (store) => store.put(location, Stream.concat(stream(6), Stream.never)),
        small
      )
      assert.isTrue(Either.isLeft(result))
      assert.strictEqual(operationOf(requests.at(-1) as Request), "abort")
    }))

  it.live("whose source fails is aborted and fails with the error of the source", () =>
    Effect.gen(function*() {
      const { requests, result } = yield* scripted(
        uploads,
        (store) => store.put(location, Stream.concat(stream(12), afterParts(Effect.fail("no more" as const)))),
        small
      )
      assert.deepStrictEqual(result, Either.left("no more"))
      assert.strictEqual(operationOf(requests.at(-1) as Request), "abort")
      assert.notInclude(requests.map(operationOf), "complete")
    }))

  it.live("whose source dies is aborted and dies", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(uploads)
      const exit = yield* Effect.exit(withStore(undefined, server.http, (store) =>
        store.put(location, Stream.concat(stream(12), afterParts(Effect.die("broken")))), small))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      assert.strictEqual(operationOf((yield* server.requests).at(-1) as Request), "abort")
    }))

  it.live.each(["create", "part", "complete"])(
    "that is interrupted during %s is aborted",
    (stalled) =>
      Effect.gen(function*() {
        const reached = yield* Deferred.make<void>()
        const created = yield* Deferred.make<void>()
        const server = yield* scriptedHttpClient((request) => {
          if (operationOf(request) !== stalled) {
            return uploads(request)
          }
          const response = uploads(request) as { readonly body?: string }
          const wait = stalled === "create" ? Deferred.await(created) : Effect.never
          return Effect.zipRight(
            Deferred.succeed(reached, undefined),
            Effect.as(wait, new Response(response.body ?? "", { status: 200 }))
          )
        })
        const fiber = yield* Effect.fork(
          withStore(undefined, server.http, (store) => store.put(location, stream(12)), small)
        )
        yield* Deferred.await(reached)
        yield* Effect.fork(Effect.delay(Deferred.succeed(created, undefined), "50 millis"))
        const exit = yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.isInterrupted(exit))
        assert.strictEqual(operationOf((yield* server.requests).at(-1) as Request), "abort")
      })
  )

  it.live("runs the finalizers of its source", () =>
    Effect.gen(function*() {
      let closed = 0
      const body = Stream.ensuring(stream(7), Effect.sync(() => void (closed += 1)))
      const { result } = yield* scripted(uploads, (store) => store.put(location, body), small)
      assert.isTrue(Either.isRight(result))
      assert.strictEqual(closed, 1)
    }))

  it.live("has parts of the size and in the number that are set", () =>
    Effect.gen(function*() {
      let [now, most] = [0, 0]
      const { requests } = yield* scripted((request) =>
        operationOf(request) === "part"
          ? Effect.gen(function*() {
            now += 1
            most = Math.max(most, now)
            // The first part waits for the second one; a third one would begin while they wait.
            yield* Effect.orDie(eventually(() => most >= 2))
            yield* Effect.sleep("20 millis")
            now -= 1
            return new Response("", { headers: { etag: "\"v1\"" } })
          })
          : uploads(request), (store) =>
        store.put(location, stream(31)), { ...small, queueSize: 2 })
      assert.strictEqual(
        requests.map(operationOf).filter((operation) =>
          operation === "part"
        ).length,
        7
      )
      assert.strictEqual(most, 2)
    }))
})

describe("A list", () => {
  const page = (keys: ReadonlyArray<string>, next?: string) =>
    xml(
      `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${next !== undefined}</IsTruncated>` +
        keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join("") +
        (next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`) + "</ListBucketResult>"
    )

  it.live("requests a page when the previous one has been read", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(page(["a", "b"], "2"), page(["c"], "3"), page(["d"]))
      yield* withStore(undefined, server.http, (store) =>
        Effect.gen(function*() {
          yield* Stream.runDrain(Stream.take(store.list("s3://models/"), 2))
          assert.strictEqual(yield* server.attempts, 1)
        }))
    }))

  it.live("has all pages, with keys as they are", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(page(["a%2520b", "a+b", "a%2Bb"], "2=&"), page(["%01", "%C3%BC//"]))
      const entries = yield* withStore(undefined, server.http, (store) => Stream.runCollect(store.list("s3://models")))
      assert.deepStrictEqual(Chunk.toReadonlyArray(entries).map((entry) => entry.location), [
        "s3://models/a%20b",
        "s3://models/a b",
        "s3://models/a+b",
        "s3://models/\u0001",
        "s3://models/ü//"
      ])
      const second = (yield* server.requests)[1] as Request
      assert.strictEqual(urlOf(second).searchParams.get("continuation-token"), "2=&")
    }))

  it.live("has only objects whose keys start with the prefix, although the store lists others", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(page(["out/a", "", "other", "out", "out/", "out%2Fb"]))
      const entries = yield* withStore(
        undefined,
        server.http,
        (store) => Stream.runCollect(store.list("s3://models/out/"))
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(entries).map((entry) => entry.location), [
        "s3://models/out/a",
        "s3://models/out/",
        "s3://models/out/b"
      ])
    }))

  it.live.each([2, 3, 7])("whose pages repeat after %d pages fails", (count) =>
    Effect.gen(function*() {
      const pages = Array.from({ length: 40 }, (_, index) => page([`a${index}`], `token-${index % count}`))
      const server = yield* scriptedHttpClient(...pages)
      const failed = yield* Effect.flip(
        withStore(undefined, server.http, (store) => Stream.runDrain(store.list("s3://models")))
      )
      assert.deepInclude(failed, { operation: "list", reason: "other" })
      assert.isAtMost(yield* server.attempts, 4 * count)
    }))

  it.live("of many pages is read to the end", () =>
    Effect.gen(function*() {
      const pages = Array.from({ length: 40 }, (_, index) => page([`a${index}`], index === 39 ? undefined : `${index}`))
      const server = yield* scriptedHttpClient(...pages)
      const count = yield* withStore(undefined, server.http, (store) => Stream.runCount(store.list("s3://models")))
      assert.strictEqual(count, 40)
    }))

  it.live.each([
    "<html><body>Log in</body></html>",
    "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>"
  ])("that is another document fails: %s", (document) =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(xml(document))
      const failed = yield* Effect.flip(
        withStore(undefined, server.http, (store) => Stream.runDrain(store.list("s3://models")))
      )
      assert.deepInclude(failed, { operation: "list", reason: "other" })
    }))

  it.live("with a key that is not valid fails", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(page(["%E0%A4%A"]))
      const failed = yield* Effect.flip(
        withStore(undefined, server.http, (store) => Stream.runCollect(store.list("s3://models")))
      )
      assert.deepInclude(failed, { operation: "list", reason: "other" })
    }))
})

describe("The layer", () => {
  const NoEnvironment = Layer.setConfigProvider(ConfigProvider.fromMap(new Map()))

  it.live("uses the region, the credentials and the HTTP client of NodeSageMaker", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, headers: { "content-length": "1" } })
      const live = S3ObjectStore.layer().pipe(
        Layer.provideMerge(NodeSageMaker.layer({ region: "ap-south-1", credentials, http: server.http })),
        Layer.provide(NoEnvironment)
      )
      yield* Effect.flatMap(ObjectStore.ObjectStore, ({ head }) => head(location)).pipe(Effect.provide(live))
      const [request] = yield* server.requests
      assert.strictEqual(urlOf(request as Request).host, "models.s3.ap-south-1.amazonaws.com")
      assert.include(request?.headers["authorization"], "Credential=AKIDEXAMPLE/")
      assert.strictEqual(request?.headers["x-amz-security-token"], credentials.sessionToken)
    }))

  it.live("does not use a tracer for its requests", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, headers: { "content-length": "1" } })
      yield* withStore(undefined, server.http, (store) => Effect.withSpan(store.head(location), "mine"))
      const [request] = yield* server.requests
      assert.isUndefined(request?.headers["traceparent"])
    }))

  it.live("uses the endpoint of AWS_ENDPOINT_URL_S3", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, headers: { "content-length": "1" } })
      yield* Effect.acquireUseRelease(
        Effect.sync(() => Reflect.set(process.env, "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")),
        () => withStore(undefined, server.http, (store) => store.head(location)),
        () => Effect.sync(() => Reflect.deleteProperty(process.env, "AWS_ENDPOINT_URL_S3"))
      )
      const [request] = yield* server.requests
      assert.strictEqual(request?.url, "http://127.0.0.1:9/models/out/one.json")
    }))

  it.live("does not close a client of the program", () =>
    Effect.gen(function*() {
      let closed = 0
      const client = new S3Client({
        region: "eu-west-1",
        credentials,
        requestHandler: {
          handle: () => Promise.resolve({ response: { statusCode: 200, headers: { "content-length": "7" } } }),
          destroy: () => void (closed += 1)
        } as never
      })
      const info = yield* Effect.flatMap(ObjectStore.ObjectStore, ({ head }) => head(location)).pipe(
        Effect.provide(S3ObjectStore.layer({ client }))
      )
      assert.deepStrictEqual(info, { size: 7 })
      assert.strictEqual(closed, 0)
    }))

  it.live.each(
    [
      [{ partSize: 1 }, "partSize"],
      [{ partSize: Number.NaN }, "partSize"],
      [{ queueSize: 0 }, "queueSize"],
      [{ queueSize: 1.5 }, "queueSize"],
      [{ multipartThreshold: 1 }, "multipartThreshold"],
      [{ client: {} }, "client"],
      [{ client: new S3Client({ region: "eu-west-1" }), region: "eu-west-1" }, "region"],
      [null, "options"],
      [5, "options"]
    ] as const
  )("fails with ConfigurationError for %o", ([options, setting]) =>
    Effect.gen(function*() {
      const layer = S3ObjectStore.layer(options as never)
      const failed = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      assert.deepInclude(failed, { _tag: "ConfigurationError", setting })
    }))

  it.live("reports options that AWS's client rejects when it is used", () =>
    Effect.gen(function*() {
      const failed = yield* Effect.flip(
        withStore(undefined, HttpClientNever, (store) => store.head(location), { endpoint: "no URL" })
      )
      assert.deepInclude(failed, { _tag: "ObjectStoreError", reason: "other" })
    }))

  it.live("a body that is neither bytes nor a stream of bytes is an error", () =>
    Effect.gen(function*() {
      for (const body of ["text", null, undefined, {}, Stream.make("text")]) {
        const failed = yield* Effect.flip(
          withStore(undefined, HttpClientNever, (store) => store.put(location, body as never))
        )
        assert.deepInclude(failed, { _tag: "ObjectStoreError", operation: "put", reason: "other" })
      }
    }))

  it.live("works without an HTTP client and credentials of the context", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => void response.writeHead(200, { "content-length": 9 }).end())
      const layer = S3ObjectStore.layer({ region: "eu-west-1", endpoint: server.url, credentials } as never)
      const info = yield* Effect.flatMap(ObjectStore.ObjectStore, ({ head }) => head(location)).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(info.size, 9)
      yield* eventually(() => server.sockets.size === 0)
    }).pipe(Effect.scoped))

  it.live("a bucket that head found absent is another error, asked once per bucket", () =>
    Effect.gen(function*() {
      const { requests } = yield* scripted(
        (request) => request.method === "HEAD" && urlOf(request).pathname === "/" ? { status: 200 } : { status: 404 },
        (store) => Effect.all([Effect.either(store.head(location)), Effect.either(store.head(location))])
      )
      assert.deepStrictEqual(requests.map((request) => urlOf(request).pathname), [
        "/out/one.json",
        "/",
        "/out/one.json"
      ])
    }))
})

const HttpClientNever = Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.never))

describe("A setting that AWS's client rejects with its first request", () => {
  it.live.each<[name: string, options: S3ObjectStore.S3ObjectStoreOptions, problem: string]>([
    ["region", { region: "eu west" }, "the region is not valid"],
    ["endpoint", { endpoint: "127.0.0.1:4566" }, "the endpoint is not valid"]
  ])("is named in the error: %s", ([, options, problem]) =>
    Effect.gen(function*() {
      const { requests, result } = yield* scripted(() => ok, (store) => store.head(location), options)
      assert.deepStrictEqual(requests, [])
      const error = Either.getOrThrow(Either.flip(result))
      assert.instanceOf(error, SageMakerError.ObjectStoreError)
      assert.strictEqual(error.reason, "other")
      assert.include(error.message, problem)
    }))
})
