/**
 * Presets for the serving containers of models: the requests, responses and streams of each container, typed.
 *
 * A preset is made of typed models of one endpoint. Its options are sent with every call.
 *
 * @since 0.1.0
 */
import type * as Stream from "effect/Stream"
import type { Framing } from "./Framing.ts"
import * as completions from "./internal/container/llm/completions.ts"
import * as internalLmi from "./internal/container/llm/lmi.ts"
import * as internalSglang from "./internal/container/llm/sglang.ts"
import * as internalTgi from "./internal/container/llm/tgi.ts"
import * as internalVllm from "./internal/container/llm/vllm.ts"
import type {
  ChatEndpoint,
  EmbeddingEndpoint,
  ModelEndpoint,
  ModelEndpointOptions,
  ModelEndpointStreamError,
  ModelEndpointStreamOptions
} from "./ModelEndpoint.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"
import type { Dialect, Token } from "./Tokens.ts"

/**
 * A text generation API of a container. It returns a whole response or a stream of tokens.
 *
 * @since 0.1.0
 * @category text generation
 */
export interface GenerationEndpoint<in out A, in out B> {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /** Encodes the requests. */
  readonly request: ModelEndpoint<A, B>["request"]
  /** Decodes the responses. */
  readonly response: ModelEndpoint<A, B>["response"]
  /**
   * Sends a request and returns the response, as `ModelEndpoint.invoke` does. The members `stream` and `stream_options`
   * of the request are not sent.
   */
  readonly invoke: ModelEndpoint<A, B>["invoke"]
  /** Sends a request as `invoke` does. Returns the response with the members of the output, such as the variant. */
  readonly invokeWithResponse: ModelEndpoint<A, B>["invokeWithResponse"]
  /** Queues an asynchronous inference request, as `ModelEndpoint.invokeAsync` does. */
  readonly invokeAsync: ModelEndpoint<A, B>["invokeAsync"]
  /** Sends a request with `stream: true` and streams the tokens. Default framing: the dialect of the container. */
  readonly stream: {
    (
      request: A,
      framing?: Dialect,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<Token, ModelEndpointStreamError, SageMakerRuntime>
    <C, E, R>(
      request: A,
      framing: Framing<C, E, R>,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<C, ModelEndpointStreamError | E, SageMakerRuntime | R>
  }
}

/**
 * A request of OpenAI's completions API. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category text generation
 */
export const CompletionsRequest = completions.completionsRequest

/**
 * A request of OpenAI's completions API. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category text generation
 */
export type CompletionsRequest = {
  [Member in keyof typeof CompletionsRequest.Type]: (typeof CompletionsRequest.Type)[Member]
}

/**
 * A response of OpenAI's completions API. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category text generation
 */
export const CompletionsResponse = completions.completionsResponse

/**
 * A response of OpenAI's completions API. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category text generation
 */
export type CompletionsResponse = {
  [Member in keyof typeof CompletionsResponse.Type]: (typeof CompletionsResponse.Type)[Member]
}

/**
 * OpenAI's completions API of a container. Its streams are decoded with `Tokens.openAi`.
 *
 * @since 0.1.0
 * @category text generation
 */
export interface CompletionsEndpoint extends GenerationEndpoint<CompletionsRequest, CompletionsResponse> {}

/**
 * A request for the classes of texts, for a classification model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmClassifyRequest = internalVllm.classifyRequest

/**
 * A request for the classes of texts, for a classification model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmClassifyRequest = typeof VllmClassifyRequest.Type

/**
 * The classes of texts, from a classification model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmClassifyResponse = internalVllm.classifyResponse

/**
 * The classes of texts, from a classification model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmClassifyResponse = {
  [Member in keyof typeof VllmClassifyResponse.Type]: (typeof VllmClassifyResponse.Type)[Member]
}

/**
 * A request for the similarity of pairs of texts, for vLLM. Both sides have one length, or the first one has one text.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmScoreRequest = internalVllm.scoreRequest

/**
 * A request for the similarity of pairs of texts, for vLLM. Both sides have one length, or the first one has one text.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmScoreRequest = typeof VllmScoreRequest.Type

/**
 * The similarity of pairs of texts, from vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmScoreResponse = internalVllm.scoreResponse

/**
 * The similarity of pairs of texts, from vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmScoreResponse = {
  [Member in keyof typeof VllmScoreResponse.Type]: (typeof VllmScoreResponse.Type)[Member]
}

/**
 * A request to sort documents by their relevance to a query, for vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmRerankRequest = internalVllm.rerankRequest

/**
 * A request to sort documents by their relevance to a query, for vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmRerankRequest = {
  [Member in keyof typeof VllmRerankRequest.Type]: (typeof VllmRerankRequest.Type)[Member]
}

/**
 * Documents sorted by their relevance to a query, from vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmRerankResponse = internalVllm.rerankResponse

/**
 * Documents sorted by their relevance to a query, from vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmRerankResponse = {
  [Member in keyof typeof VllmRerankResponse.Type]: (typeof VllmRerankResponse.Type)[Member]
}

/**
 * A request for the hidden states of texts, for a pooling model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmPoolingRequest = internalVllm.poolingRequest

/**
 * A request for the hidden states of texts, for a pooling model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmPoolingRequest = typeof VllmPoolingRequest.Type

/**
 * The hidden states of texts, from a pooling model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export const VllmPoolingResponse = internalVllm.poolingResponse

/**
 * The hidden states of texts, from a pooling model on vLLM.
 *
 * @since 0.1.0
 * @category vLLM
 */
export type VllmPoolingResponse = {
  [Member in keyof typeof VllmPoolingResponse.Type]: (typeof VllmPoolingResponse.Type)[Member]
}

/**
 * A deployed vLLM container. The model determines which of the APIs the container accepts.
 *
 * @since 0.1.0
 * @category vLLM
 */
export interface VllmEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Chat completions, for generative models. */
  readonly chat: ChatEndpoint
  /** Completions of a prompt, for generative models. */
  readonly completions: CompletionsEndpoint
  /** Vectors of texts, for embedding models. */
  readonly embeddings: EmbeddingEndpoint
  /** Classes of texts, for classification models. */
  readonly classify: ModelEndpoint<VllmClassifyRequest, VllmClassifyResponse>
  /** Similarity of pairs of texts, for embedding models and cross-encoders. */
  readonly score: ModelEndpoint<VllmScoreRequest, VllmScoreResponse>
  /** Documents sorted by their relevance to a query, for embedding models and cross-encoders. */
  readonly rerank: ModelEndpoint<VllmRerankRequest, VllmRerankResponse>
  /** Hidden states of texts, for pooling models without an embedding or a classification API. */
  readonly pooling: ModelEndpoint<VllmPoolingRequest, VllmPoolingResponse>
}

/**
 * Makes a typed endpoint of vLLM. The members of a request determine which API the container uses.
 *
 * @example
 * ```ts
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const qwen = Container.vllm("qwen3-8b")
 *
 * export const tokens = qwen.chat.stream({ messages: [{ role: "user", content: "Why is the sky blue?" }] })
 * ```
 *
 * @since 0.1.0
 * @category vLLM
 */
export const vllm = (name: string, options?: ModelEndpointOptions): VllmEndpoint => internalVllm.vllm(name, options)

/**
 * A request of SGLang's `/generate` route. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category SGLang
 */
export const SglangGenerateRequest = internalSglang.generateRequest

/**
 * A request of SGLang's `/generate` route. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category SGLang
 */
export type SglangGenerateRequest = {
  [Member in keyof typeof SglangGenerateRequest.Type]: (typeof SglangGenerateRequest.Type)[Member]
}

/**
 * A text that SGLang generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category SGLang
 */
export const SglangGeneration = internalSglang.generation

/**
 * A text that SGLang generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category SGLang
 */
export type SglangGeneration = {
  [Member in keyof typeof SglangGeneration.Type]: (typeof SglangGeneration.Type)[Member]
}

/**
 * A response of SGLang's `/generate` route: one text, or a list for several prompts or `n` texts.
 *
 * @since 0.1.0
 * @category SGLang
 */
export const SglangGenerateResponse = internalSglang.generateResponse

/**
 * A response of SGLang's `/generate` route: one text, or a list for several prompts or `n` texts.
 *
 * @since 0.1.0
 * @category SGLang
 */
export type SglangGenerateResponse = SglangGeneration | ReadonlyArray<SglangGeneration>

/**
 * SGLang's `/generate` route. Its streams are decoded with `Tokens.sglang`.
 *
 * @since 0.1.0
 * @category SGLang
 */
export interface SglangGenerateEndpoint extends GenerationEndpoint<SglangGenerateRequest, SglangGenerateResponse> {}

/**
 * A deployed SGLang container.
 *
 * @since 0.1.0
 * @category SGLang
 */
export interface SglangEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Chat completions. SGLang's route for SageMaker accepts only these. */
  readonly chat: ChatEndpoint
  /**
   * SGLang's own API, for an image that forwards `/invocations` to `/generate`. SGLang's own server and the images of
   * AWS do not: they respond with status 400, a `ModelError`.
   */
  readonly generate: SglangGenerateEndpoint
}

/**
 * Makes a typed endpoint of SGLang.
 *
 * @example
 * ```ts
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const qwen = Container.sglang("qwen3-8b")
 *
 * export const tokens = qwen.chat.stream({ messages: [{ role: "user", content: "Why is the sky blue?" }] })
 * ```
 *
 * @since 0.1.0
 * @category SGLang
 */
export const sglang = (name: string, options?: ModelEndpointOptions): SglangEndpoint =>
  internalSglang.sglang(name, options)

/**
 * A request of LMI's own schema: `inputs` and `parameters`. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category LMI
 */
export const LmiGenerateRequest = internalLmi.generateRequest

/**
 * A request of LMI's own schema: `inputs` and `parameters`. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category LMI
 */
export type LmiGenerateRequest = {
  [Member in keyof typeof LmiGenerateRequest.Type]: (typeof LmiGenerateRequest.Type)[Member]
}

/**
 * A text that LMI generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category LMI
 */
export const LmiGeneration = internalLmi.generation

/**
 * A text that LMI generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category LMI
 */
export type LmiGeneration = { [Member in keyof typeof LmiGeneration.Type]: (typeof LmiGeneration.Type)[Member] }

/**
 * A response of LMI's own schema: one text, or a list with dynamic batching and with TGI compatibility.
 *
 * @since 0.1.0
 * @category LMI
 */
export const LmiGenerateResponse = internalLmi.generateResponse

/**
 * A response of LMI's own schema: one text, or a list with dynamic batching and with TGI compatibility.
 *
 * @since 0.1.0
 * @category LMI
 */
export type LmiGenerateResponse = LmiGeneration | ReadonlyArray<LmiGeneration>

/**
 * LMI's own schema: `inputs` and `parameters`. Its streams are decoded with `Tokens.lmi`.
 *
 * @since 0.1.0
 * @category LMI
 */
export interface LmiGenerateEndpoint extends GenerationEndpoint<LmiGenerateRequest, LmiGenerateResponse> {}

/**
 * A deployed Large Model Inference (LMI) container of DJL Serving.
 *
 * @since 0.1.0
 * @category LMI
 */
export interface LmiEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Chat completions, for models with a chat template. */
  readonly chat: ChatEndpoint
  /** Completions of a prompt. Only LMI's asynchronous vLLM handler accepts them. */
  readonly completions: CompletionsEndpoint
  /** Vectors of texts, for embedding models. The requests have `inputs`. */
  readonly embeddings: EmbeddingEndpoint
  /** LMI's own schema: `inputs` and `parameters`. */
  readonly generate: LmiGenerateEndpoint
}

/**
 * Makes a typed endpoint of Large Model Inference (LMI), the language model container of DJL Serving.
 *
 * @example
 * ```ts
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const llama = Container.lmi("llama-3-8b")
 *
 * export const story = llama.generate.stream({
 *   inputs: "Once upon a time",
 *   parameters: { max_new_tokens: 64, details: true }
 * })
 * ```
 *
 * @since 0.1.0
 * @category LMI
 */
export const lmi = (name: string, options?: ModelEndpointOptions): LmiEndpoint => internalLmi.lmi(name, options)

/**
 * A request of TGI's own schema: `inputs` and `parameters`. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category TGI
 */
export const TgiGenerateRequest = internalTgi.generateRequest

/**
 * A request of TGI's own schema: `inputs` and `parameters`. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category TGI
 */
export type TgiGenerateRequest = {
  [Member in keyof typeof TgiGenerateRequest.Type]: (typeof TgiGenerateRequest.Type)[Member]
}

/**
 * A text that TGI generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category TGI
 */
export const TgiGeneration = internalTgi.generation

/**
 * A text that TGI generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category TGI
 */
export type TgiGeneration = { [Member in keyof typeof TgiGeneration.Type]: (typeof TgiGeneration.Type)[Member] }

/**
 * A response of TGI's own schema: a list with one text on SageMaker, one text on TGI's `/generate` route.
 *
 * @since 0.1.0
 * @category TGI
 */
export const TgiGenerateResponse = internalTgi.generateResponse

/**
 * A response of TGI's own schema: a list with one text on SageMaker, one text on TGI's `/generate` route.
 *
 * @since 0.1.0
 * @category TGI
 */
export type TgiGenerateResponse = TgiGeneration | ReadonlyArray<TgiGeneration>

/**
 * TGI's own schema: `inputs` and `parameters`. Its streams are decoded with `Tokens.tgi`.
 *
 * @since 0.1.0
 * @category TGI
 */
export interface TgiGenerateEndpoint extends GenerationEndpoint<TgiGenerateRequest, TgiGenerateResponse> {}

/**
 * A deployed Text Generation Inference (TGI) container of Hugging Face.
 *
 * @since 0.1.0
 * @category TGI
 */
export interface TgiEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Chat completions, for models with a chat template. */
  readonly chat: ChatEndpoint
  /** Completions of a prompt. */
  readonly completions: CompletionsEndpoint
  /** TGI's own schema: `inputs` and `parameters`. */
  readonly generate: TgiGenerateEndpoint
}

/**
 * Makes a typed endpoint of Text Generation Inference (TGI), the language model container of Hugging Face.
 *
 * @example
 * ```ts
 * import { Array, Effect } from "effect"
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const bloom = Container.tgi("bloom-560m")
 *
 * export const text = bloom.generate.invoke({ inputs: "Once upon a time", parameters: { max_new_tokens: 64 } }).pipe(
 *   Effect.map((response) => Array.ensure(response).map(({ generated_text }) => generated_text).join(""))
 * )
 * ```
 *
 * @since 0.1.0
 * @category TGI
 */
export const tgi = (name: string, options?: ModelEndpointOptions): TgiEndpoint => internalTgi.tgi(name, options)
