import { AiError, LanguageModel } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { ModelEndpoint, SageMakerError, Timeouts } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { inspect } from "node:util"
import { toAiError } from "../../src/ai/internal/provider/aiError.ts"
import { scriptedRuntime } from "../support/scriptedHttpClient.ts"

const call = { module: "SageMakerLanguageModel", method: "generateText", endpoint: "llama" } as const

const { CodecError, ModelStreamError, PayloadTooLargeError } = SageMakerError

const cases: ReadonlyArray<readonly [error: SageMakerError.SageMakerError, tag: AiError.AiError["_tag"]]> = [
  [new SageMakerError.TransportError({ reason: "reset", host: "example.com", port: 443 }), "HttpRequestError"],
  [new SageMakerError.TimeoutError({ phase: "firstByte", duration: 5 }), "HttpRequestError"],
  [new SageMakerError.ValidationError({}), "HttpResponseError"],
  [new SageMakerError.ModelError({ OriginalStatusCode: 500, OriginalMessage: "secret" }), "HttpResponseError"],
  [new SageMakerError.ModelNotReadyException({}), "HttpResponseError"],
  [new SageMakerError.InternalFailure({}), "HttpResponseError"],
  [new SageMakerError.ServiceUnavailable({}), "HttpResponseError"],
  [new SageMakerError.InternalDependencyException({}), "HttpResponseError"],
  [new SageMakerError.AccessDeniedError({}), "HttpResponseError"],
  [new SageMakerError.ThrottlingError({}), "HttpResponseError"],
  [new SageMakerError.UnknownServiceError({ status: 502, body: "secret" }), "HttpResponseError"],
  [new SageMakerError.InvalidInputError({ field: "EndpointName", constraint: "a name" }), "MalformedInput"],
  [new SageMakerError.ConfigurationError({ setting: "region", problem: "is missing" }), "MalformedInput"],
  [new PayloadTooLargeError({ direction: "request", size: 2, limit: 1 }), "MalformedInput"],
  [new PayloadTooLargeError({ direction: "response", limit: 1 }), "MalformedOutput"],
  [new CodecError({ message: "m", mediaType: "application/json", direction: "encode" }), "MalformedInput"],
  [
    new CodecError({
      message: "m",
      mediaType: "application/json",
      direction: "decode",
      body: new TextEncoder().encode("secret")
    }),
    "MalformedOutput"
  ],
  [new SageMakerError.ProtocolError({}), "MalformedOutput"],
  [new ModelStreamError({ ErrorCode: "IncompleteStream" }), "MalformedOutput"],
  [new ModelStreamError({ ErrorCode: "StreamBroken", OriginalMessage: "secret" }), "UnknownError"],
  [new SageMakerError.InternalStreamFailure({}), "UnknownError"],
  [new SageMakerError.CredentialsError({ message: "no credentials", sources: [] }), "UnknownError"],
  [new SageMakerError.SigningError({ message: "no signature" }), "UnknownError"],
  [new SageMakerError.OverloadedError({ endpoint: "llama", permits: 1, queue: 1 }), "UnknownError"],
  [new SageMakerError.CircuitOpenError({ endpoint: "llama" }), "UnknownError"]
]

describe("An error of the client", () => {
  it.each(cases)("%s becomes an AiError with the error as its cause", (error, tag) => {
    const converted = toAiError(call)(error)
    assert.strictEqual(converted._tag, tag)
    assert.isTrue(AiError.isAiError(converted))
    assert.strictEqual(converted.cause, error)
    assert.strictEqual(converted.description, error.message)
    const options = { depth: 10, showHidden: true, getters: true }
    const printed = `${String(converted)}${JSON.stringify(converted)}${inspect(converted, options)}${converted.stack}`
    assert.notInclude(printed, "secret")
    const decoded = Schema.decodeSync(AiError.AiError)(Schema.encodeSync(AiError.AiError)(converted))
    assert.strictEqual(decoded._tag, tag)
  })

  it.effect("has the status and the path of the endpoint", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime({
        status: 400,
        headers: { "x-amzn-errortype": "ValidationError", "content-type": "application/json" },
        body: JSON.stringify({ Message: "Endpoint llama of account 123456789012 not found." })
      })
      const model = Layer.provide(SageMakerLanguageModel.layer({ model: ModelEndpoint.chat("llama") }), layer)
      const errors: ReadonlyArray<{ readonly _tag: string }> = [
        yield* Effect.flip(Effect.provide(LanguageModel.generateText({ prompt: "Hi" }), model)),
        yield* Effect.flip(Effect.provide(Stream.runDrain(LanguageModel.streamText({ prompt: "Hi" })), model))
      ]
      for (const error of errors) {
        assert(AiError.isAiError(error) && error._tag === "HttpResponseError")
        assert.strictEqual(error.response.status, 400)
        assert.strictEqual(error.request.url, "/endpoints/llama")
        assert.isTrue(SageMakerError.isEndpointNotFound(error.cause))
      }
    }))

  it.effect("with settings of the caller applies them", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(Effect.never)
      const model = Layer.provide(SageMakerLanguageModel.layer({ model: ModelEndpoint.chat("llama") }), layer)
      const error = yield* LanguageModel.generateText({ prompt: "Hi" }).pipe(
        Timeouts.use({ total: "soon" as never }),
        Effect.provide(model),
        Effect.flip
      )
      assert.strictEqual(error._tag, "MalformedInput")
    }))

  it.effect("of an invalid endpoint name and of a value without JSON is MalformedInput", () =>
    Effect.gen(function*() {
      const { attempts, layer } = yield* scriptedRuntime({ status: 200 })
      const ask = (name: string, config: SageMakerLanguageModel.Config.Service = {}) =>
        LanguageModel.generateText({ prompt: "Hi" }).pipe(
          Effect.provide(
            Layer.provide(SageMakerLanguageModel.layer({ model: ModelEndpoint.chat(name), config }), layer)
          ),
          Effect.flip
        )
      assert.strictEqual((yield* ask("no name"))._tag, "MalformedInput")
      assert.strictEqual((yield* ask("llama", { chat_template_kwargs: { n: 1n } }))._tag, "MalformedInput")
      assert.strictEqual(yield* attempts, 0)
    }))
})
