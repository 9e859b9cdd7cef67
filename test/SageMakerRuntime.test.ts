import { type HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Fiber, Layer, TestClock } from "effect"
import {
  type InvokeEndpoint,
  invokeEndpoint,
  type Operation,
  RetryPolicy,
  SageMakerRuntime,
  Signer,
  Timeouts
} from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { call, input } from "./support/call.ts"
import {
  ok,
  type Reply,
  scriptedHttpClient,
  scriptedRuntime,
  scriptedRuntimeWith
} from "./support/scriptedHttpClient.ts"

const sentBy = (
  options: Partial<SageMakerRuntime.SageMakerRuntimeOptions>,
  given: InvokeEndpoint.InvokeEndpointInput = input
) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntimeWith(options, ok)
    yield* Effect.provide(invokeEndpoint(given), server.layer)
    return (yield* server.requests)[0]!
  })

const bytesOf = ({ body }: HttpClientRequest.HttpClientRequest): Uint8Array =>
  body._tag === "Uint8Array" ? body.body : assert.fail(`not bytes but ${body._tag}`)

const outputOf = (reply: Reply) =>
  Effect.flatMap(scriptedRuntime(reply), (server) => Effect.provide(call, server.layer))

describe("A request", () => {
  it.effect("goes to the service of the region", () =>
    Effect.gen(function*() {
      const request = yield* sentBy({})
      assert.strictEqual(request.method, "POST")
      assert.strictEqual(
        request.url,
        "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/anomaly-v2/invocations"
      )
    }))

  it.effect("goes to a custom endpoint below its base path", () =>
    Effect.gen(function*() {
      for (const endpoint of ["http://localhost:8080/base/path", "http://localhost:8080/base/path/"]) {
        for (const given of [endpoint, new URL(endpoint)]) {
          const { url } = yield* sentBy({ endpoint: given })
          assert.strictEqual(url, "http://localhost:8080/base/path/endpoints/anomaly-v2/invocations")
        }
      }
    }))

  it.effect("has the input members under their wire names", () =>
    Effect.gen(function*() {
      const { headers } = yield* sentBy({}, {
        ...input,
        Accept: "application/json",
        CustomAttributes: "trace=1",
        TargetModel: "model.tar.gz",
        TargetVariant: "blue",
        TargetContainerHostname: "second",
        InferenceId: "id-1",
        EnableExplanations: "`true`",
        InferenceComponentName: "component",
        SessionId: "NEW_SESSION",
        PrefixAwareId: "prefix"
      })
      assert.deepInclude(headers, {
        "content-type": "text/plain",
        accept: "application/json",
        "x-amzn-sagemaker-custom-attributes": "trace=1",
        "x-amzn-sagemaker-target-model": "model.tar.gz",
        "x-amzn-sagemaker-target-variant": "blue",
        "x-amzn-sagemaker-target-container-hostname": "second",
        "x-amzn-sagemaker-inference-id": "id-1",
        "x-amzn-sagemaker-enable-explanations": "`true`",
        "x-amzn-sagemaker-inference-component": "component",
        "x-amzn-sagemaker-session-id": "NEW_SESSION",
        "x-amzn-sagemaker-prefix-aware-id": "prefix"
      })
    }))

  it.effect("has the application id in the user agent, with invalid characters replaced", () =>
    Effect.gen(function*() {
      const { headers } = yield* sentBy({ appId: "my app/1" })
      assert.match(headers["user-agent"] ?? "", /^effect-sagemaker-runtime\/.* app\/my-app-1$/)
      assert.strictEqual(headers["x-amz-user-agent"], headers["user-agent"])
    }))
})

describe("Client params", () => {
  const params = { TargetVariant: "blue", CustomAttributes: "bound" }

  it.effect("are added to every request", () =>
    Effect.gen(function*() {
      const { headers } = yield* sentBy({ params })
      assert.strictEqual(headers["x-amzn-sagemaker-target-variant"], "blue")
      assert.strictEqual(headers["x-amzn-sagemaker-custom-attributes"], "bound")
    }))

  it.effect("are overridden by a member of the call, but not by an undefined one", () =>
    Effect.gen(function*() {
      const { headers } = yield* sentBy({ params }, { ...input, TargetVariant: "green", CustomAttributes: undefined })
      assert.strictEqual(headers["x-amzn-sagemaker-target-variant"], "green")
      assert.strictEqual(headers["x-amzn-sagemaker-custom-attributes"], "bound")
    }))

  it.effect("can be required members", () =>
    Effect.gen(function*() {
      const { url } = yield* sentBy(
        { params: { EndpointName: "bound-endpoint" } },
        { Body: "x" } as InvokeEndpoint.InvokeEndpointInput
      )
      assert.include(url, "/endpoints/bound-endpoint/")
    }))

  it.effect("are validated like other members", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(sentBy({ params: { TargetVariant: "-blue" } }))
      assert.deepInclude(error, { _tag: "InvalidInputError", field: "TargetVariant" })
    }))
})

const sentAs = (Body: Operation.Payload) => Effect.map(sentBy({}, { ...input, Body }), bytesOf)

describe("A request body", () => {
  const floats = new Float32Array([1, 2.5])
  const buffer = new Uint8Array([0, 1, 2, 3, 4, 5]).buffer

  const bodies: ReadonlyArray<readonly [string, Operation.Payload, ReadonlyArray<number>]> = [
    ["text, as UTF-8", "aé€😀", [...new TextEncoder().encode("aé€😀")]],
    ["text that looks like base64, unchanged", "aGk=", [97, 71, 107, 61]],
    ["empty text", "", []],
    ["bytes", new Uint8Array([0, 255]), [0, 255]],
    ["an empty array", new Uint8Array(), []],
    ["a Buffer", Buffer.from("hi"), [104, 105]],
    ["a view of part of a buffer", new Uint8Array(buffer, 2, 3), [2, 3, 4]],
    ["a DataView of a part of a buffer", new DataView(buffer, 1, 2), [1, 2]],
    ["a Float32Array", floats, [...new Uint8Array(floats.buffer)]],
    ["an ArrayBuffer", buffer, [0, 1, 2, 3, 4, 5]],
    ["a Blob", new Blob(["hi"]), [104, 105]],
    ["an empty Blob", new Blob([]), []]
  ]
  for (const [what, body, expected] of bodies) {
    it.effect(`can be ${what}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual([...yield* sentAs(body)], expected)
      }))
  }

  it.effect("of another type is rejected", () =>
    Effect.gen(function*() {
      for (const body of [undefined, null, 1, {}, [1, 2], new Date(0)]) {
        const error = yield* Effect.flip(sentAs(body as never))
        assert.deepInclude(error, { _tag: "InvalidInputError", field: "Body" })
      }
    }))

  it.effect("with a detached buffer is rejected", () =>
    Effect.gen(function*() {
      const gone = new ArrayBuffer(8)
      const views = [new Uint8Array(gone), new Float32Array(gone), new DataView(gone)]
      structuredClone(gone, { transfer: [gone] })
      for (const body of [gone, ...views]) {
        assert.deepInclude(yield* Effect.flip(sentAs(body)), { _tag: "InvalidInputError", field: "Body" })
      }
    }))

  it.effect("that is an unreadable Blob is rejected", () =>
    Effect.gen(function*() {
      const unreadable = { size: 1, arrayBuffer: () => Promise.reject(new Error("gone")) }
      assert.deepInclude(yield* Effect.flip(sentAs(unreadable)), { _tag: "InvalidInputError", field: "Body" })
    }))

  it.effect("has the content type of the call, or the default of AWS", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* sentBy({})).headers["content-type"], "text/plain")
      const { EndpointName } = input
      const untyped = yield* sentBy({}, { EndpointName, Body: "x" })
      assert.strictEqual(untyped.headers["content-type"], "application/octet-stream")
    }))
})

describe("maxBodyBytes", () => {
  const sizes: ReadonlyArray<Operation.Payload> = ["12345", new Uint8Array(5), new Blob(["12345"])]

  it.effect("is checked before anything is sent", () =>
    Effect.gen(function*() {
      for (const Body of sizes) {
        const server = yield* scriptedRuntimeWith({ maxBodyBytes: 4 }, ok)
        const error = yield* invokeEndpoint({ ...input, Body }).pipe(Effect.flip, Effect.provide(server.layer))
        assert.deepInclude(error, { _tag: "PayloadTooLargeError", size: 5, limit: 4 })
        assert.strictEqual(yield* server.attempts, 0)
      }
    }))

  it.effect("counts bytes and allows exactly the limit", () =>
    Effect.gen(function*() {
      assert.strictEqual(bytesOf(yield* sentBy({ maxBodyBytes: 5 }, { ...input, Body: "12345" })).byteLength, 5)
      const error = yield* Effect.flip(sentBy({ maxBodyBytes: 5 }, { ...input, Body: "ééé" }))
      assert.deepInclude(error, { _tag: "PayloadTooLargeError", size: 6 })
    }))

  it.effect("is 25 MiB by default and can be disabled", () =>
    Effect.gen(function*() {
      const Body = new Uint8Array(25 * 1024 * 1024 + 1)
      const error = yield* Effect.flip(sentBy({}, { ...input, Body }))
      assert.deepInclude(error, { _tag: "PayloadTooLargeError", limit: 26_214_400 })
      assert.strictEqual(bytesOf(yield* sentBy({ maxBodyBytes: false }, { ...input, Body })).byteLength, 26_214_401)
    }))
})

describe("An output", () => {
  it.effect("has the response members and the metadata of the call", () =>
    Effect.gen(function*() {
      const headers = {
        "content-type": "application/json",
        "x-amzn-invoked-production-variant": "blue",
        "x-amzn-sagemaker-custom-attributes": "trace=1",
        "x-amzn-sagemaker-new-session-id": "id; Expires=2030-01-01T00:00:00Z",
        "x-amzn-sagemaker-closed-session-id": "old",
        "x-amzn-requestid": "request-1"
      }
      const { Body, ...rest } = yield* outputOf({ status: 200, headers, body: "{}" })
      assert.strictEqual(new TextDecoder().decode(Body), "{}")
      assert.deepStrictEqual(rest, {
        ContentType: "application/json",
        InvokedProductionVariant: "blue",
        CustomAttributes: "trace=1",
        NewSessionId: "id; Expires=2030-01-01T00:00:00Z",
        ClosedSessionId: "old",
        $metadata: { requestId: "request-1", httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 }
      })
    }))

  it.effect("has an empty body if the response has none", () =>
    Effect.gen(function*() {
      for (const reply of [{ status: 200 }, { status: 200, body: "" }, { status: 204 }]) {
        const { $metadata, Body } = yield* outputOf(reply)
        assert.instanceOf(Body, Uint8Array)
        assert.strictEqual(Body.byteLength, 0)
        assert.strictEqual($metadata.httpStatusCode, reply.status)
      }
    }))

  it.effect("has the complete body for any chunk boundaries", () =>
    Effect.gen(function*() {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const part of [[1], [], [2, 3], [4]]) {
            controller.enqueue(new Uint8Array(part))
          }
          controller.close()
        }
      })
      assert.deepStrictEqual([...(yield* outputOf({ status: 200, body })).Body], [1, 2, 3, 4])
    }))
})

const built = (options: SageMakerRuntime.SageMakerRuntimeOptions) =>
  Effect.gen(function*() {
    const { http } = yield* scriptedHttpClient(ok)
    const layer = Layer.provide(SageMakerRuntime.layer(options), [Signer.layerAnonymous, http])
    return yield* Effect.flip(Effect.provide(SageMakerRuntime.SageMakerRuntime, layer))
  })

const configured = (variables: Record<string, string>) =>
  Effect.gen(function*() {
    const server = yield* scriptedHttpClient(ok)
    const layer = SageMakerRuntime.layerConfig({
      region: Config.string("AWS_REGION"),
      endpoint: Config.withDefault(Config.string("ENDPOINT"), undefined),
      maxBodyBytes: Config.withDefault(Config.integer("MAX_BODY"), undefined),
      params: Config.all({ TargetVariant: Config.withDefault(Config.string("VARIANT"), "blue") })
    }).pipe(
      Layer.provide([Signer.layerAnonymous, server.http]),
      Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)))))
    )
    yield* Effect.provide(call, layer)
    return (yield* server.requests)[0]!
  })

describe("Client configuration", () => {
  const wrong: ReadonlyArray<readonly [setting: string, Partial<SageMakerRuntime.SageMakerRuntimeOptions>]> = [
    ["region", { region: "" }],
    ["region", { region: "canary.example/" }],
    ["region", { region: "-canary" }],
    ["region", { region: "canary".repeat(11) }],
    ["endpoint", { endpoint: "canary" }],
    ["endpoint", { endpoint: "ftp://canary.example" }],
    ["endpoint", { endpoint: "https://canary:canary@example.com" }],
    ["endpoint", { endpoint: "https://canary@example.com" }],
    ["endpoint", { endpoint: new URL("https://canary:canary@example.com") }],
    ["endpoint", { endpoint: "https://example.com/?token=canary" }],
    ["endpoint", { endpoint: "https://example.com/#canary" }],
    ["useFipsEndpoint", { endpoint: "https://canary.example", useFipsEndpoint: true }],
    ["useDualstackEndpoint", { endpoint: "https://canary.example", useDualstackEndpoint: true }],
    ["maxBodyBytes", { maxBodyBytes: -1 }],
    ["maxBodyBytes", { maxBodyBytes: NaN }],
    ["maxBodyBytes", { maxBodyBytes: "canary" as never }]
  ]
  for (const [setting, options] of wrong) {
    it.effect(`fails for ${setting} without repeating the value: ${inspect(options)}`, () =>
      Effect.gen(function*() {
        const error = yield* built({ region: "eu-west-1", ...options })
        assert.deepInclude(error, { _tag: "ConfigurationError", setting })
        assert.notInclude(`${error.message} ${inspect(error)} ${JSON.stringify(error)}`, "canary")
      }))
  }

  it.effect("can be read from a ConfigProvider", () =>
    Effect.gen(function*() {
      const regional = yield* configured({ AWS_REGION: "us-gov-west-1", VARIANT: "green" })
      assert.match(regional.url, /^https:\/\/runtime\.sagemaker\.us-gov-west-1\./)
      assert.strictEqual(regional.headers["x-amzn-sagemaker-target-variant"], "green")
      const local = yield* configured({ AWS_REGION: "eu-west-1", ENDPOINT: "http://localhost:8080/base" })
      assert.match(local.url, /^http:\/\/localhost:8080\/base\/endpoints\//)
      assert.strictEqual(local.headers["x-amzn-sagemaker-target-variant"], "blue")
    }))

  it.effect("with a missing or invalid value fails the layer", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(configured({})))._tag, "ConfigError")
      assert.strictEqual(
        (yield* Effect.flip(configured({ AWS_REGION: "eu-west-1", MAX_BODY: "x" })))._tag,
        "ConfigError"
      )
      assert.strictEqual((yield* Effect.flip(configured({ AWS_REGION: "" })))._tag, "ConfigurationError")
      const capped = yield* Effect.flip(configured({ AWS_REGION: "eu-west-1", MAX_BODY: "1" }))
      assert.strictEqual(capped._tag, "PayloadTooLargeError")
    }))
})

describe("SageMakerRuntime.make", () => {
  it.effect("gives a client whose calls have no requirements", () =>
    Effect.gen(function*() {
      const server = yield* scriptedHttpClient(ok)
      const runtime = yield* SageMakerRuntime.make({ region: "eu-west-1" }).pipe(
        Effect.provide([Signer.layerAnonymous, server.http])
      )
      yield* call.pipe(
        RetryPolicy.use(RetryPolicy.none),
        Effect.provideService(SageMakerRuntime.SageMakerRuntime, runtime)
      )
      assert.strictEqual(yield* server.attempts, 1)
    }))
})

describe("A Blob body", () => {
  const send = (Body: Operation.BlobLike, options: Partial<SageMakerRuntime.SageMakerRuntimeOptions> = {}) =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntimeWith(options, ok)
      const error = yield* Effect.flip(Effect.provide(invokeEndpoint({ ...input, Body }), server.layer))
      assert.strictEqual(yield* server.attempts, 0)
      return error
    })

  it.effect("that never ends is limited by the total timeout", () =>
    Effect.gen(function*() {
      const blob = { size: 3, arrayBuffer: () => new Promise<ArrayBuffer>(() => {}) }
      const fiber = yield* Effect.fork(send(blob).pipe(Timeouts.use({ total: "2 seconds" })))
      yield* TestClock.adjust("2 seconds")
      assert.include(yield* Fiber.join(fiber), { _tag: "TimeoutError", phase: "total", requestSent: false })
    }))

  it.effect("that is larger than its size property is checked against maxBodyBytes", () =>
    Effect.gen(function*() {
      const blob = { size: 1, arrayBuffer: () => Promise.resolve(new ArrayBuffer(100)) }
      assert.include(yield* send(blob, { maxBodyBytes: 10 }), { _tag: "PayloadTooLargeError", size: 100, limit: 10 })
    }))

  it.effect("that gives no bytes is rejected", () =>
    Effect.gen(function*() {
      const blob = { size: 3, arrayBuffer: () => Promise.resolve("abc" as never) }
      assert.include(yield* send(blob), { _tag: "InvalidInputError", field: "Body" })
    }))
})

describe("An invalid clockOffset fails when the client is built:", () => {
  for (const clockOffset of [Number.NaN, Infinity, "soon" as never]) {
    it.effect(String(clockOffset), () =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntimeWith({ clockOffset }, ok)
        const error = yield* Effect.flip(Effect.provide(call, server.layer))
        assert.include(error, { _tag: "ConfigurationError", setting: "clockOffset" })
      }))
  }
})
