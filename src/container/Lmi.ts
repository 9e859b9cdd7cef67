/**
 * Large Model Inference (LMI) of DJL Serving: chat completions, and its own schema.
 *
 * @since 0.1.0
 */
import * as internalLmi from "../internal/container/llm/lmi.ts"
import type { ChatEndpoint, EmbeddingEndpoint, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { CompletionsEndpoint, GenerationEndpoint } from "./TextGeneration.ts"

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
