import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Schema } from "effect"
import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
import { type Reply, scriptedRuntime, scriptedRuntimeWith } from "./support/scriptedHttpClient.ts"

const Reading = Schema.Struct({ cpu: Schema.Number, at: Schema.Date })
const Anomaly = Schema.Struct({ score: Schema.NumberFromString })

const anomaly = ModelEndpoint.make("anomaly-v2", { request: Codec.json(Reading), response: Codec.json(Anomaly) })

const reading = { cpu: 0.2, at: new Date(0) }
const scored: Reply = { status: 200, headers: { "content-type": "application/json" }, body: "{\"score\":\"0.9\"}" }

const bodyOf = ({ body }: { readonly body: { readonly _tag: string; readonly body?: unknown } }) =>
  new TextDecoder().decode(body.body as Uint8Array)

const requestWith = (
  options: Parameters<typeof anomaly.invoke>[1],
  defaults: ModelEndpoint.ModelEndpointOptions = {}
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntimeWith({ params: { InferenceId: "bound", SessionId: "bound" } }, scored)
    const endpoint = ModelEndpoint.make("anomaly-v2", {
      request: Codec.json(Reading),
      response: Codec.json(Anomaly),
      ...defaults
    })
    yield* endpoint.invoke(reading, options).pipe(Effect.provide(server.layer))
    return (yield* server.requests)[0]!
  })

const defaults = { ContentType: "application/vnd.reading+json", TargetVariant: "blue", InferenceId: "own" }

describe("ModelEndpoint", () => {
  it.effect("sends the encoded value and decodes the response", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scored)
      assert.deepStrictEqual(yield* anomaly.invoke(reading).pipe(Effect.provide(server.layer)), { score: 0.9 })
      const [request] = yield* server.requests
      assert.strictEqual(request!.method, "POST")
      assert.match(request!.url, /\/endpoints\/anomaly-v2\/invocations$/)
      assert.strictEqual(bodyOf(request!), "{\"cpu\":0.2,\"at\":\"1970-01-01T00:00:00.000Z\"}")
    }))

  it("has the name of its endpoint", () => assert.strictEqual(anomaly.name, "anomaly-v2"))

  it.effect("sends the media types of its codecs", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scored)
      const mixed = ModelEndpoint.make("anomaly-v2", {
        request: Codec.withMediaType("text/csv")(Codec.text),
        response: Codec.json(Anomaly)
      })
      yield* mixed.invoke("0.2,17").pipe(Effect.provide(server.layer))
      const [request] = yield* server.requests
      assert.include(request!.headers, { "content-type": "text/csv", accept: "application/json" })
    }))

  it.effect("sends its default members with every call", () =>
    Effect.gen(function*() {
      const { headers } = yield* requestWith(undefined, defaults)
      assert.include(headers, {
        "content-type": "application/vnd.reading+json",
        accept: "application/json",
        "x-amzn-sagemaker-target-variant": "blue",
        "x-amzn-sagemaker-inference-id": "own",
        "x-amzn-sagemaker-session-id": "bound"
      })
    }))

  it.effect("lets the members of a call override its defaults", () =>
    Effect.gen(function*() {
      const options = { Accept: "application/jsonlines", TargetVariant: "green", InferenceId: "call" }
      const { headers } = yield* requestWith(options, defaults)
      assert.include(headers, {
        "content-type": "application/vnd.reading+json",
        accept: "application/jsonlines",
        "x-amzn-sagemaker-target-variant": "green",
        "x-amzn-sagemaker-inference-id": "call"
      })
    }))

  it.effect("treats an undefined member as omitted", () =>
    Effect.gen(function*() {
      const { headers } = yield* requestWith({ Accept: undefined, TargetVariant: undefined }, defaults)
      assert.include(headers, { accept: "application/json", "x-amzn-sagemaker-target-variant": "blue" })
    }))

  it.effect("ignores EndpointName and Body among the options of a call", () =>
    Effect.gen(function*() {
      const request = yield* requestWith({ EndpointName: "other", Body: "other" } as ModelEndpoint.ModelEndpointOptions)
      assert.match(request.url, /\/endpoints\/anomaly-v2\/invocations$/)
      assert.notInclude(bodyOf(request), "other")
    }))
})

describe("ModelEndpoint fails", () => {
  it.effect("with CodecError before anything is sent if the value cannot be encoded", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scored)
      const call = anomaly.invoke({ ...reading, cpu: "high" as never })
      const error = yield* Effect.flip(call).pipe(Effect.provide(server.layer))
      assert.strictEqual(error._tag, "CodecError")
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("with CodecError after one request if the response cannot be decoded", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ ...scored, body: "{\"score\":\"high\"}" })
      const error = yield* Effect.flip(anomaly.invoke(reading)).pipe(Effect.provide(server.layer))
      assert.strictEqual(error._tag, "CodecError")
      assert.strictEqual(yield* server.attempts, 1)
    }))

  it.effect("with the errors of the operation", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 424, headers: { "x-amzn-errortype": "ModelError" } })
      const error = yield* Effect.flip(anomaly.invoke(reading)).pipe(Effect.provide(server.layer))
      assert.strictEqual(error._tag, "ModelError")
    }))
})

describe("ModelEndpoint with a codec that requires a service", () => {
  class Unit extends Context.Tag("test/Unit")<Unit, number>() {}

  const Scaled = Schema.transformOrFail(Schema.Number, Schema.Number, {
    decode: (value) => Effect.map(Unit, (unit) => value / unit),
    encode: (value) => Effect.map(Unit, (unit) => value * unit)
  })

  it.effect("requires the service", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({ status: 200, body: "5000" })
      const scaled = ModelEndpoint.make("scaled", { request: Codec.json(Scaled), response: Codec.json(Scaled) })
      const reply = yield* scaled.invoke(2).pipe(Effect.provideService(Unit, 1_000), Effect.provide(server.layer))
      assert.strictEqual(reply, 5)
      assert.strictEqual(bodyOf((yield* server.requests)[0]!), "2000")
    }))
})

describe("ModelEndpoint.invokeWithResponse", () => {
  it.effect("returns the value and the other members of the response", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({
        ...scored,
        headers: {
          "content-type": "application/json; charset=utf-8",
          "x-amzn-invoked-production-variant": "blue",
          "x-amzn-sagemaker-custom-attributes": "trace=1",
          "x-amzn-requestid": "request-1"
        }
      })
      const { response, value } = yield* anomaly.invokeWithResponse(reading).pipe(Effect.provide(server.layer))
      assert.deepStrictEqual(value, { score: 0.9 })
      const { $metadata, ...members } = response
      assert.deepStrictEqual(members, {
        ContentType: "application/json; charset=utf-8",
        InvokedProductionVariant: "blue",
        CustomAttributes: "trace=1"
      })
      assert.include($metadata, { requestId: "request-1", httpStatusCode: 200, attempts: 1 })
    }))
})

const pictures: Codec.Codec<{ readonly bytes: Uint8Array; readonly type: string }> = {
  mediaType: "image/*",
  encode: ({ bytes, type }) => Effect.succeed({ body: bytes, contentType: type, customAttributes: "view=left" }),
  decode: (bytes, type = "") => Effect.succeed({ bytes, type })
}

const png = { bytes: Uint8Array.of(137), type: "image/png" }

describe("A codec that decides the content type of each value", () => {
  const headersOf = (
    defaults: ModelEndpoint.ModelEndpointOptions,
    options: ModelEndpoint.ModelEndpointOptions
  ) =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(scored)
      const model = ModelEndpoint.make("cats", { request: pictures, response: Codec.json(Anomaly), ...defaults })
      yield* model.invoke(png, options).pipe(Effect.provide(server.layer))
      const [request] = yield* server.requests
      return request!.headers
    })

  it.effect("overrides the defaults of the model", () =>
    Effect.map(
      headersOf({ ContentType: "image/jpeg", CustomAttributes: "view=right" }, {}),
      (headers) =>
        assert.include(headers, { "content-type": "image/png", "x-amzn-sagemaker-custom-attributes": "view=left" })
    ))

  it.effect("is overridden by the options of the call", () =>
    Effect.map(
      headersOf({}, { ContentType: "image/jpeg", CustomAttributes: "view=right" }),
      (headers) =>
        assert.include(headers, { "content-type": "image/jpeg", "x-amzn-sagemaker-custom-attributes": "view=right" })
    ))

  it.effect("encodes a payload with Codec.encode", () =>
    Effect.gen(function*() {
      const payload = { Body: png.bytes, ContentType: "image/png", CustomAttributes: "view=left" }
      assert.deepStrictEqual(yield* Codec.encode(png, pictures), payload)
      assert.deepStrictEqual(yield* Codec.encode(pictures)(png), payload)
      assert.deepStrictEqual(yield* Codec.encode(png, Codec.withMediaType(pictures, "image/webp")), {
        ...payload,
        ContentType: "image/webp"
      })
    }))

  it.effect.each([[undefined], [{}], [{ body: "text" }], [null]])(
    "fails with CodecError if it returns %s",
    ([encoded]) =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(scored)
        const broken = { ...pictures, encode: () => Effect.succeed(encoded as never) }
        const model = ModelEndpoint.make("cats", { request: broken, response: Codec.json(Anomaly) })
        const error = yield* Effect.flip(model.invoke(png).pipe(Effect.provide(server.layer)))
        assert.include(error, { _tag: "CodecError", direction: "encode" })
        assert.lengthOf(yield* server.requests, 0)
      })
  )
})

describe("The codecs of a model", () => {
  it.effect("are its members", () =>
    Effect.gen(function*() {
      const payload = yield* Codec.encode(reading, anomaly.request)
      assert.deepStrictEqual(yield* Codec.decode(payload, anomaly.request), reading)
      assert.strictEqual(anomaly.response.mediaType, "application/json")
    }))

  it.effect("of a model with invalid options fail", () =>
    Effect.gen(function*() {
      const broken = ModelEndpoint.make("broken", {
        request: anomaly.request,
        response: undefined as unknown as typeof anomaly.response
      })
      assert.strictEqual((yield* Effect.flip(Codec.encode(reading, broken.request)))._tag, "CodecError")
    }))
})

describe("The CodecError of a call", () => {
  const invalid: Reply = {
    status: 200,
    headers: { "content-type": "application/json", "x-amzn-requestid": "request-1" },
    body: "{\"score\":9}"
  }

  it.effect("has the endpoint, the request ID and the kind that was found", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(invalid)
      const error = yield* Effect.flip(anomaly.invoke(reading).pipe(Effect.provide(server.layer)))
      assert.include(error, { _tag: "CodecError", endpoint: "anomaly-v2", requestId: "request-1" })
      assert.include(error.message, "score: expected string, found number")
    }))

  it.effect("has the endpoint if the value cannot be encoded", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(invalid)
      const value = { ...reading, cpu: "high" as unknown as number }
      const error = yield* Effect.flip(anomaly.invoke(value).pipe(Effect.provide(server.layer)))
      assert.include(error, { _tag: "CodecError", direction: "encode", endpoint: "anomaly-v2" })
      assert.include(error.message, "cpu: expected number, found string")
    }))
})
