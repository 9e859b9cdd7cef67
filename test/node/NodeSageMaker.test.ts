import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Credentials, SageMakerRuntime, Signer, Timeouts } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { call } from "../support/call.ts"
import { advanceWhileIdle } from "../support/eventually.ts"
import { configurationErrorWith, exampleCredentials, requestsWith, withSources } from "../support/nodeConfiguration.ts"
import { ok, scriptedHttpClient } from "../support/scriptedHttpClient.ts"
import { serve } from "../support/server.ts"

const region = { AWS_REGION: "eu-west-1" }

const signedBy = (
  options: NodeSageMaker.NodeSageMakerOptions,
  place: Parameters<typeof requestsWith>[0] = { env: region }
) =>
  Effect.map(
    requestsWith(place, options),
    ([request]) =>
      /Credential=([^/]+)\/\d+\/([^,]+), SignedHeaders/.exec(request?.headers["authorization"] ?? "")?.slice(1)
  )

const signature = [exampleCredentials.accessKeyId, "eu-west-1/sagemaker/aws4_request"]

describe("credentials", () => {
  it.effect.each([
    { name: "with plain credentials", credentials: exampleCredentials },
    {
      name: "with redacted credentials",
      credentials: {
        accessKeyId: Redacted.make(exampleCredentials.accessKeyId),
        secretAccessKey: Redacted.make("secret")
      }
    },
    { name: "with a provider", credentials: () => Promise.resolve(exampleCredentials) },
    { name: "with a layer", credentials: Credentials.layer(exampleCredentials) }
  ])("signs $name", ({ credentials }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* signedBy({ credentials }), signature)
    }))

  it.effect("signs with a layer that uses the client's HttpClient", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient({ status: 200, body: exampleCredentials.accessKeyId }, ok)
      const credentials = Layer.effect(
        Credentials.Credentials,
        Effect.gen(function*() {
          const http = yield* HttpClient.HttpClient
          const accessKeyId = yield* Effect.flatMap(http.get("https://keys.example.com/"), ({ text }) => text)
          return yield* Effect.provide(
            Credentials.Credentials,
            Credentials.layer({ ...exampleCredentials, accessKeyId })
          )
        })
      )
      const layer = NodeSageMaker.layer({ credentials, http: server.http })
      yield* call.pipe(Effect.provide(layer), withSources({ env: region }))
      const [calls, called] = yield* server.requests
      assert.strictEqual(calls?.url, "https://keys.example.com/")
      assert.include(called?.headers["authorization"], `Credential=${exampleCredentials.accessKeyId}/`)
    }))

  it.effect("defaults to the profile given in code", () =>
    Effect.gen(function*() {
      const section = (name: string, id: string) =>
        `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = ${exampleCredentials.secretAccessKey}\n`
      const credentials = section("default", "AKIDDEFAULT") + section("work", exampleCredentials.accessKeyId)
      const place = { env: region, credentials }
      assert.deepStrictEqual(yield* signedBy({ credentials: undefined, profile: "work" }, place), signature)
    }))
})

describe("http", () => {
  it.live("given as settings uses real connections", () =>
    Effect.gen(function*() {
      const server = yield* serve((_, response) => response.end("ok"))
      const layer = NodeSageMaker.layer({
        credentials: exampleCredentials,
        endpoint: server.url,
        http: { connectTimeout: "2 seconds", connections: 1, proxy: false }
      })
      const { Body } = yield* call.pipe(Effect.provide(layer), withSources({ env: region }))
      assert.strictEqual(new TextDecoder().decode(Body), "ok")
      assert.deepStrictEqual(server.seen().map(({ url }) => url), ["/endpoints/anomaly-v2/invocations"])
    }).pipe(Effect.scoped))

  it.effect.each([
    {
      name: "invalid settings",
      http: { connections: 0 },
      place: { env: region },
      message: "http.connections must be an integer of at least 1"
    },
    {
      name: "a bundle named by the environment that is not there",
      http: {},
      place: { env: { ...region, AWS_CA_BUNDLE: "/nowhere/secret.pem" } },
      message: "AWS_CA_BUNDLE (environment) must name a readable, regular file"
    },
    {
      name: "a bundle named by the profile that is not there",
      http: undefined,
      place: { env: region, config: "[default]\nca_bundle = /nowhere/secret.pem" },
      message: "ca_bundle (profile default) must name a readable, regular file"
    }
  ])("with $name is rejected", ({ http, message, place }) =>
    Effect.gen(function*() {
      const error = yield* configurationErrorWith(place, { http })
      assert.deepStrictEqual([error._tag, error.message], ["ConfigurationError", message])
    }))

  it.effect("given as a layer needs no CA bundle", () =>
    Effect.gen(function*() {
      const place = { env: { ...region, AWS_CA_BUNDLE: "/nowhere/secret.pem" } }
      assert.lengthOf(yield* requestsWith(place), 1)
    }))

  it.effect("given as a failing layer fails the client's layer", () =>
    Effect.gen(function*() {
      const layer = NodeSageMaker.layer({ credentials: exampleCredentials, http: Layer.fail("no socket" as const) })
      const error = yield* Effect.flip(Layer.build(layer)).pipe(Effect.scoped, withSources({ env: region }))
      assert.strictEqual(error, "no socket")
    }))
})

describe("timeouts", () => {
  const endWith = (timeouts: Timeouts.Deadlines | undefined, around: Timeouts.Deadlines) =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(Effect.never)
      const layer = NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http, timeouts })
      const error = yield* Effect.flip(call).pipe(
        Effect.provide(Layer.provide(layer, Timeouts.layer(around))),
        withSources({ env: region }),
        // Reading the configuration takes real time.
        advanceWhileIdle(Effect.map(server.attempts, (attempts) => attempts > 0))
      )
      return error._tag === "TimeoutError" ? [error.phase, error.duration] : error
    })

  const cases: ReadonlyArray<{
    readonly name: string
    readonly given: Timeouts.Deadlines | undefined
    readonly around: Timeouts.Deadlines
    readonly end: number
  }> = [
    { name: "override those in context", given: { total: "2 seconds" }, around: { total: "9 seconds" }, end: 2_000 },
    {
      name: "leave the others in context",
      given: { attempt: "9 seconds" },
      around: { total: "3 seconds" },
      end: 3_000
    },
    {
      name: "that are undefined leave those in context",
      given: { total: undefined },
      around: { total: "4 seconds" },
      end: 4_000
    },
    {
      name: "that are omitted leave those in context in effect",
      given: undefined,
      around: { total: "5 seconds" },
      end: 5_000
    }
  ]

  for (const { around, end, given, name } of cases) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* endWith(given, around), ["total", end])
      }))
  }
})

it.effect.each([
  { setting: "retry", options: { retry: {} as never } },
  { setting: "http", options: { http: "x" as never } }
])("with an invalid $setting is a ConfigurationError that names it", ({ options, setting }) =>
  Effect.gen(function*() {
    const error = yield* configurationErrorWith({ env: region }, options)
    assert.deepInclude(error, { _tag: "ConfigurationError", setting })
  }))

it.effect("The layer provides the client, its signer, credentials and HTTP client", () =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(ok)
    const given = yield* Layer.build(NodeSageMaker.layer({ credentials: exampleCredentials, http: server.http })).pipe(
      withSources({ env: region })
    )
    const tags = [SageMakerRuntime.SageMakerRuntime, Signer.Signer, Credentials.Credentials, HttpClient.HttpClient]
    assert.isTrue(tags.every(({ key }) => given.unsafeMap.has(key)))
    const { accessKeyId } = yield* Context.get(given, Credentials.Credentials).get
    assert.strictEqual(Redacted.value(accessKeyId), exampleCredentials.accessKeyId)
    yield* Context.get(given, HttpClient.HttpClient).get("https://example.com/")
    assert.deepStrictEqual((yield* server.requests).map(({ url }) => url), ["https://example.com/"])
  }).pipe(Effect.scoped))
