import { HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Redacted, Ref, Schedule, Stream, TestClock } from "effect"
import {
  Credentials,
  invokeEndpoint,
  type Operation,
  RetryPolicy,
  SageMakerRuntime,
  Signer
} from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { type Reply, scriptedHttpClient } from "./support/scriptedHttpClient.ts"

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" }

const client = (
  server: Effect.Effect.Success<ReturnType<typeof scriptedHttpClient>>,
  credentials: Layer.Layer<Credentials.Credentials> = Credentials.layer(keys)
) =>
  SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([server.http, Signer.layer]),
    Layer.provide(credentials)
  )

/** A service that rejects a request after two seconds. */
const slowRefusal: Reply = Effect.as(TestClock.adjust("2 seconds"), new Response(null, { status: 503 }))

const thrice: RetryPolicy.Policy = { ...RetryPolicy.fromSchedule(Schedule.recurs(2)), maxAttempts: 3 }

const call = invokeEndpoint({ EndpointName: "anomaly", Body: "{}", ContentType: "application/json" })

const refusedThrice = (credentials?: Layer.Layer<Credentials.Credentials>) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(slowRefusal)
    yield* Effect.flip(call).pipe(RetryPolicy.use(thrice), Effect.provide(client(server, credentials)))
    return (yield* server.requests).map(({ headers }) => headers)
  })

const headerOf = (name: string) => (headers: { readonly [name: string]: string | undefined }) => headers[name]

describe("Each attempt", () => {
  it.effect("is signed with its own time", () =>
    Effect.gen(function*() {
      const requests = yield* refusedThrice()
      const dates = ["19700101T000000Z", "19700101T000002Z", "19700101T000004Z"]
      assert.deepStrictEqual(requests.map(headerOf("x-amz-date")), dates)
      assert.strictEqual(new Set(requests.map(headerOf("authorization"))).size, 3)
    }))

  it.effect("is signed with the current credentials", () =>
    Effect.gen(function*() {
      const number = yield* Ref.make(0)
      const get = Effect.map(Ref.updateAndGet(number, (_) => _ + 1), (_) => ({
        accessKeyId: Redacted.make(`AKID${_}`),
        secretAccessKey: Redacted.make(`secret-${_}`)
      }))
      const requests = yield* refusedThrice(Layer.succeed(Credentials.Credentials, { get }))
      const ids = requests.map(({ authorization }) => /Credential=(\w+)\//.exec(authorization!)?.[1])
      assert.deepStrictEqual(ids, ["AKID1", "AKID2", "AKID3"])
    }))

  it.effect("has its number and the invocation ID of its call", () =>
    Effect.gen(function*() {
      const requests = yield* refusedThrice()
      const numbers = ["attempt=1; max=3", "attempt=2; max=3", "attempt=3; max=3"]
      assert.deepStrictEqual(requests.map(headerOf("amz-sdk-request")), numbers)
      const ids = new Set(requests.map(headerOf("amz-sdk-invocation-id")))
      assert.strictEqual(ids.size, 1)
      assert.match([...ids][0]!, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    }))

  it.effect("of another call has another invocation ID", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200 })
      yield* Effect.zipRight(call, call).pipe(Effect.provide(client(server)))
      const ids = (yield* server.requests).map(({ headers }) => headers["amz-sdk-invocation-id"])
      assert.strictEqual(new Set(ids).size, 2)
    }))

  it.effect("signs the headers that define the request, and none that a proxy may change", () =>
    Effect.gen(function*() {
      const [headers] = yield* Effect.withSpan(refusedThrice(), "mine")
      const signed = /SignedHeaders=([^,]+)/.exec(headers!["authorization"]!)![1]!.split(";")
      const needed = [
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "content-type",
        "host",
        "x-amz-content-sha256",
        "x-amz-date"
      ]
      assert.includeMembers(signed, needed)
      assert.notIncludeMembers(signed, ["user-agent", "traceparent", "b3"])
      assert.property(headers, "traceparent")
      assert.notProperty(headers, "host")
    }))

  it.effect("is signed for the service and the region", () =>
    Effect.gen(function*() {
      const [headers] = yield* refusedThrice()
      assert.include(headers!["authorization"], "Credential=AKIDEXAMPLE/19700101/eu-west-1/sagemaker/aws4_request")
    }))

  it.effect("has the session token if there is one", () =>
    Effect.gen(function*() {
      const [headers] = yield* refusedThrice(Credentials.layer({ ...keys, sessionToken: Redacted.make("token") }))
      assert.strictEqual(headers!["x-amz-security-token"], "token")
      assert.match(headers!["authorization"]!, /SignedHeaders=[^,]*x-amz-security-token/)
    }))
})

describe("The request is not sent", () => {
  const empty = [
    { ...keys, secretAccessKey: "" },
    { ...keys, secretAccessKey: Redacted.make("") },
    { ...keys, accessKeyId: "" }
  ]

  it.effect("without credentials", () =>
    Effect.gen(function*() {
      for (const credentials of empty) {
        const server = yield* scriptedHttpClient({ status: 200 })
        const error = yield* Effect.flip(call).pipe(Effect.provide(client(server, Credentials.layer(credentials))))
        assert.strictEqual(error._tag, "CredentialsError")
        assert.strictEqual(yield* server.attempts, 0)
      }
    }))

  const upload: Operation.Operation<void, void> = {
    name: "Upload",
    encode: () =>
      Effect.succeed(
        HttpClientRequest.post("/upload", { headers: { "x-secret": keys.secretAccessKey } }).pipe(
          HttpClientRequest.bodyStream(Stream.make(new TextEncoder().encode("payload")))
        )
      ),
    decode: () => Effect.void,
    errors: []
  }

  it.effect("if its body is a stream, which cannot be hashed before it is sent", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200 })
      const error = yield* Effect.flatMap(SageMakerRuntime.SageMakerRuntime, (_) => _.execute(upload, undefined)).pipe(
        Effect.flip,
        Effect.provide(client(server))
      )
      assert.strictEqual(error._tag, "SigningError")
      assert.strictEqual(yield* server.attempts, 0)
      for (const printed of [String(error), inspect(error), JSON.stringify(error), Cause.pretty(Cause.fail(error))]) {
        assert.notInclude(printed, keys.secretAccessKey)
        assert.notInclude(printed, "payload")
      }
    }))
})

describe("A custom request", () => {
  const signed = (headers: Record<string, string>, sessionToken = "", url = "https://example.com/") =>
    Effect.flatMap(
      Signer.Signer,
      (_) =>
        _.sign(HttpClientRequest.post(url, { headers }), {
          service: "sagemaker",
          region: "eu-west-1",
          date: new Date(0)
        })
    ).pipe(
      Effect.map((request) => request.headers),
      Effect.provide(
        Layer.provide(
          Signer.layer,
          Layer.succeed(Credentials.Credentials, {
            get: Effect.succeed({
              accessKeyId: Redacted.make(keys.accessKeyId),
              secretAccessKey: Redacted.make(keys.secretAccessKey),
              sessionToken: Redacted.make(sessionToken)
            })
          })
        )
      )
    )

  it.effect("keeps its date header unsigned, since a browser or a proxy replaces it", () =>
    Effect.gen(function*() {
      const headers = yield* signed({ date: "Thu, 01 Jan 1970 00:00:00 GMT" })
      assert.strictEqual(headers["date"], "Thu, 01 Jan 1970 00:00:00 GMT")
      assert.match(headers["authorization"]!, /SignedHeaders=host;x-amz-content-sha256;x-amz-date,/)
    }))

  it.effect("is signed for the host of its URL, not for its host header", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* signed({ host: "elsewhere" }))["authorization"], (yield* signed({}))["authorization"])
    }))

  it.effect("is signed with the payload hash in its header", () =>
    Effect.gen(function*() {
      const headers = yield* signed({ "x-amz-content-sha256": "UNSIGNED-PAYLOAD" })
      assert.strictEqual(headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD")
      assert.notStrictEqual(headers["authorization"], (yield* signed({}))["authorization"])
    }))

  it.effect("is signed with a query parameter of any name", () =>
    Effect.gen(function*() {
      for (const name of ["constructor", "toString", "hasOwnProperty"]) {
        const { authorization } = yield* signed({}, "", `https://example.com/?${name}=a`)
        assert.notStrictEqual(authorization, (yield* signed({}))["authorization"])
      }
    }))

  it.effect("has no session token if the token is empty", () =>
    Effect.gen(function*() {
      assert.notProperty(yield* signed({}), "x-amz-security-token")
      assert.property(yield* signed({}, "token"), "x-amz-security-token")
    }))
})

describe("An anonymous client", () => {
  it.effect("sends the request unsigned", () =>
    Effect.gen(function*() {
      const request = HttpClientRequest.get("https://example.com/")
      const signed = yield* Effect.flatMap(
        Signer.Signer,
        (_) => _.sign(request, { service: "sagemaker", region: "eu-west-1", date: new Date(0) })
      ).pipe(Effect.provide(Signer.layerAnonymous))
      assert.strictEqual(signed, request)
    }))
})
