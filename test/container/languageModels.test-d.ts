import { type Effect, type Schema, Stream } from "effect"
import {
  type Codec,
  Container,
  Framing,
  type ModelEndpoint,
  type SageMakerError,
  type SageMakerRuntime,
  Tokens
} from "effect-sagemaker-runtime"
import { describe, expectTypeOf, it } from "vitest"

type Runtime = SageMakerRuntime.SageMakerRuntime
type TokenStream = Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError, Runtime>
type Collected = Effect.Effect<
  Tokens.CollectedCompletion,
  ModelEndpoint.ModelEndpointStreamError | SageMakerError.ModelStreamError,
  Runtime
>

const vllm = Container.vllm("model", { TargetVariant: "a" })
const sglang = Container.sglang("model")
const lmi = Container.lmi("model")
const tgi = Container.tgi("model")

describe("text generation", () => {
  it("invoke has the response in its type", () => {
    expectTypeOf(tgi.generate.invoke({ inputs: "Once" })).toEqualTypeOf<
      Effect.Effect<Container.TgiGenerateResponse, ModelEndpoint.ModelEndpointError, Runtime>
    >()
    expectTypeOf(vllm.completions.invoke({ prompt: ["Once"] })).toEqualTypeOf<
      Effect.Effect<Container.CompletionsResponse, ModelEndpoint.ModelEndpointError, Runtime>
    >()
  })

  it("stream keeps the types of a dialect and of a framing", () => {
    expectTypeOf(vllm.completions.stream({ prompt: "Once" })).toEqualTypeOf<TokenStream>()
    expectTypeOf(sglang.generate.stream({ text: "Once" })).toEqualTypeOf<TokenStream>()
    expectTypeOf(lmi.generate.stream({ inputs: "Once" }, Tokens.detected)).toEqualTypeOf<TokenStream>()
    expectTypeOf(tgi.generate.stream({ inputs: "Once" }, Framing.text)).toEqualTypeOf<
      Stream.Stream<string, ModelEndpoint.ModelEndpointStreamError, Runtime>
    >()
  })

  it("tokens can be collected in a pipe", () => {
    expectTypeOf(lmi.generate.stream({ inputs: "Once" }).pipe(Tokens.collect)).toEqualTypeOf<Collected>()
    expectTypeOf(
      tgi.generate.stream({ inputs: "Once" }).pipe(Stream.tap(() => Stream.runDrain(Stream.empty)), Tokens.collect)
    ).toEqualTypeOf<Collected>()
  })

  it("a known member has its type", () => {
    // @ts-expect-error the inputs are text
    void tgi.generate.invoke({ inputs: 7 })
    // @ts-expect-error the number of tokens is a number
    void lmi.generate.invoke({ inputs: "Once", parameters: { max_new_tokens: "7" } })
    // @ts-expect-error a score has two sides
    void vllm.score.invoke({ text_1: "a" })
    // @ts-expect-error options are those of the operation
    void Container.vllm("model", { TargetVariant: 7 })
  })

  it("codecs and schemas have the types of the values", () => {
    expectTypeOf(tgi.generate.request).toEqualTypeOf<Codec.Codec<Container.TgiGenerateRequest>>()
    expectTypeOf<Schema.Schema.Type<typeof Container.TgiGeneration>>().toExtend<Container.TgiGeneration>()
    expectTypeOf<Container.TgiGeneration["generated_text"]>().toEqualTypeOf<string>()
    expectTypeOf<Container.VllmRerankResponse["results"][number]["relevance_score"]>().toEqualTypeOf<number | null>()
  })
})
