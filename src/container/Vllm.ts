/**
 * vLLM: OpenAI's APIs and those of its pooling models.
 *
 * @since 0.1.0
 */
import * as internalVllm from "../internal/container/llm/vllm.ts"
import type { ChatEndpoint, EmbeddingEndpoint, ModelEndpoint, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { CompletionsEndpoint } from "./TextGeneration.ts"

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
