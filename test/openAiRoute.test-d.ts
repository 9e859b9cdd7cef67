import type { Effect, Layer, Redacted, Stream } from "effect"
import {
  BearerToken,
  type Chat,
  type Credentials,
  ModelEndpoint,
  OpenAiRoute,
  type SageMakerError,
  type SageMakerRuntime,
  type Tokens
} from "effect-sagemaker-runtime"
import { describe, expectTypeOf, it } from "vitest"

type Needs = SageMakerRuntime.SageMakerRuntime | BearerToken.BearerToken

const request: Chat.ChatRequest = { messages: [{ role: "user", content: "Hi" }] }

describe("the OpenAI-compatible route", () => {
  it("needs a bearer token in addition to the client", () => {
    const chat = ModelEndpoint.openAiChat("llama", { inferenceComponent: "adapter" })
    expectTypeOf(chat).toEqualTypeOf<ModelEndpoint.ChatEndpoint<BearerToken.BearerToken>>()
    expectTypeOf(chat.invoke(request)).toEqualTypeOf<
      Effect.Effect<Chat.ChatCompletion, ModelEndpoint.ModelEndpointError, Needs>
    >()
    expectTypeOf(chat.stream(request)).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError, Needs>
    >()
    expectTypeOf(ModelEndpoint.warmUp(chat)).toEqualTypeOf<
      Effect.Effect<ModelEndpoint.WarmUpProgress, ModelEndpoint.ModelEndpointError, Needs>
    >()
    expectTypeOf(ModelEndpoint.chat("llama")).toExtend<ModelEndpoint.ChatEndpoint<BearerToken.BearerToken>>()
  })

  it("has typed errors of tokens and options", () => {
    expectTypeOf(BearerToken.layer()).toEqualTypeOf<
      Layer.Layer<BearerToken.BearerToken, SageMakerError.ConfigurationError, Credentials.Credentials>
    >()
    expectTypeOf(
      BearerToken.make({ accessKeyId: "a", secretAccessKey: "b" }, { region: "eu-west-1", date: new Date() })
    )
      .toEqualTypeOf<
        Effect.Effect<Redacted.Redacted, SageMakerError.CredentialsError | SageMakerError.ConfigurationError>
      >()
    expectTypeOf(OpenAiRoute.make("llama")).toEqualTypeOf<
      Effect.Effect<
        OpenAiRoute.OpenAiRoute,
        SageMakerError.ConfigurationError | SageMakerError.InvalidInputError,
        BearerToken.BearerToken
      >
    >()
  })
})
