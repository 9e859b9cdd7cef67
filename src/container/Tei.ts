/**
 * Text Embeddings Inference: its requests and responses.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as internalTei from "../internal/container/tei.ts"
import type {
  EmbeddingEndpoint,
  EmbedManyResult,
  EmbedOptions,
  EmbedResult,
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointOptions
} from "../ModelEndpoint.ts"
import type { SageMakerRuntime } from "../SageMakerRuntime.ts"

/**
 * Members of TEI's requests that concern long texts and prompts.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiTextOptions {
  /** Whether texts that are too long are truncated. Otherwise they fail. Default: the container's `AUTO_TRUNCATE`. */
  readonly truncate?: boolean | undefined
  /** The side from which texts are truncated. Default: `"Right"`. */
  readonly truncation_direction?: "Left" | "Right" | undefined
  /** The name of a prompt of the model, which is added in front of every text, such as `query`. Default: none. */
  readonly prompt_name?: string | undefined
}

/**
 * Options of `embed` and `embedMany` of TEI. They override the options of the endpoint.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiEmbedOptions extends Omit<EmbedOptions, "encodingFormat" | "model">, TeiTextOptions {
  /** Whether the vectors have length 1. Default of the container: `true`. */
  readonly normalize?: boolean | undefined
}

/**
 * Options of `tei`, and the input members that its requests send. `truncate` and `truncation_direction` apply to all
 * requests but those of `similarity`, and `prompt_name` to those that return vectors.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiOptions extends TeiEmbedOptions {}

/**
 * A request to a re-ranker model.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiRerankRequest extends Omit<TeiTextOptions, "prompt_name"> {
  /** The text that the others are compared with. */
  readonly query: string
  /** The texts to sort, at least one and at most the container's `MAX_CLIENT_BATCH_SIZE`, 32 by default. */
  readonly texts: ReadonlyArray<string>
  /** Whether the scores are the model's numbers without a sigmoid. Default: `false`. */
  readonly raw_scores?: boolean | undefined
  /** Whether the response repeats the texts. Default: `false`. */
  readonly return_text?: boolean | undefined
}

/**
 * The score of one text. The response has the highest score first.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiRank {
  /** The position of the text in the request. */
  readonly index: number
  /** The score, from 0 to 1 unless `raw_scores` is set. */
  readonly score: number
  /** The text, if `return_text` is set. */
  readonly text?: string | null | undefined
  /** Members that the type does not declare. */
  readonly [member: string]: unknown
}

/**
 * The input of a classifier: a text or a pair of texts, or a batch of them. Each element of a batch is a list with one
 * or two texts.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export type TeiPredictInputs =
  | string
  | readonly [text: string, pair: string]
  | ReadonlyArray<ReadonlyArray<string>>

/**
 * A request to a sequence classification model.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiPredictRequest<out Inputs extends TeiPredictInputs = TeiPredictInputs>
  extends Omit<TeiTextOptions, "prompt_name">
{
  /** A text, a pair of texts or a batch. */
  readonly inputs: Inputs
  /** Whether the scores are the model's numbers without a softmax or sigmoid. Default: `false`. */
  readonly raw_scores?: boolean | undefined
}

/**
 * The score of one class.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiPrediction {
  /** The name of the class. */
  readonly label: string
  /** The score, from 0 to 1 unless `raw_scores` is set. */
  readonly score: number
  /** Members that the type does not declare. */
  readonly [member: string]: unknown
}

/**
 * A request to a model with SPLADE pooling.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiEmbedSparseRequest extends TeiTextOptions {
  /** A text or a list of texts. */
  readonly inputs: string | ReadonlyArray<string>
}

/**
 * A dimension of a sparse vector that is not zero.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiSparseValue {
  /** The dimension. */
  readonly index: number
  /** The value of the dimension. */
  readonly value: number
  /** Members that the type does not declare. */
  readonly [member: string]: unknown
}

/**
 * A request for the similarity of texts, for a container with `TASK=sentence-similarity`.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiSimilarityRequest {
  /** The texts to compare. */
  readonly inputs: {
    /** The text that the others are compared with. */
    readonly source_sentence: string
    /** The other texts. */
    readonly sentences: ReadonlyArray<string>
  }
  /** How the texts are read. */
  readonly parameters?: TeiTextOptions | undefined
}

/**
 * A deployed Text Embeddings Inference container. The model determines which one of the methods it supports.
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export interface TeiEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /** Returns the vector of a text, for an embedding model. */
  readonly embed: (
    text: string,
    options?: TeiEmbedOptions
  ) => Effect.Effect<ReadonlyArray<number>, ModelEndpointError, SageMakerRuntime>
  /** Returns the vector as `embed` does, with the members of the response. */
  readonly embedWithResponse: (
    text: string,
    options?: TeiEmbedOptions
  ) => Effect.Effect<EmbedResult, ModelEndpointError, SageMakerRuntime>
  /** Returns the vectors of texts in their order, for an embedding model. Default of `maxBatchSize`: 32. */
  readonly embedMany: (
    texts: ReadonlyArray<string>,
    options?: TeiEmbedOptions
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<number>>, ModelEndpointError, SageMakerRuntime>
  /** Returns the vectors as `embedMany` does, with the responses. */
  readonly embedManyWithResponse: (
    texts: ReadonlyArray<string>,
    options?: TeiEmbedOptions
  ) => Effect.Effect<EmbedManyResult, ModelEndpointError, SageMakerRuntime>
  /** Returns the texts of a request sorted by their relevance to the query, for a re-ranker model. */
  readonly rerank: (
    request: TeiRerankRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ReadonlyArray<TeiRank>, ModelEndpointError, SageMakerRuntime>
  /**
   * Returns the classes of a text with the highest score first, for a classifier. For a batch it returns a list per
   * element.
   */
  readonly predict: {
    (
      request: TeiPredictRequest<string | readonly [text: string, pair: string]>,
      options?: ModelEndpointOptions
    ): Effect.Effect<ReadonlyArray<TeiPrediction>, ModelEndpointError, SageMakerRuntime>
    (
      request: TeiPredictRequest<ReadonlyArray<ReadonlyArray<string>>>,
      options?: ModelEndpointOptions
    ): Effect.Effect<ReadonlyArray<ReadonlyArray<TeiPrediction>>, ModelEndpointError, SageMakerRuntime>
  }
  /** Returns the sparse vectors of texts, for a model with SPLADE pooling. */
  readonly embedSparse: (
    request: TeiEmbedSparseRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<TeiSparseValue>>, ModelEndpointError, SageMakerRuntime>
  /** Returns the similarity of a text to others, for a container with `TASK=sentence-similarity`. */
  readonly similarity: (
    request: TeiSimilarityRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ReadonlyArray<number>, ModelEndpointError, SageMakerRuntime>
  /** The typed models behind the methods, with `invokeWithResponse` and `invokeAsync`. */
  readonly models: {
    /** The vectors of texts. */
    readonly embeddings: EmbeddingEndpoint
    /** The texts sorted by their relevance. */
    readonly rerank: ModelEndpoint<TeiRerankRequest, ReadonlyArray<TeiRank>>
    /** The classes of a text or of a batch. */
    readonly predict: ModelEndpoint<
      TeiPredictRequest,
      ReadonlyArray<TeiPrediction> | ReadonlyArray<ReadonlyArray<TeiPrediction>>
    >
    /** The sparse vectors of texts. */
    readonly embedSparse: ModelEndpoint<TeiEmbedSparseRequest, ReadonlyArray<ReadonlyArray<TeiSparseValue>>>
    /** The similarity of texts. */
    readonly similarity: ModelEndpoint<TeiSimilarityRequest, ReadonlyArray<number>>
  }
}

/**
 * Makes a typed endpoint of Hugging Face's Text Embeddings Inference (TEI).
 *
 * The container serves one API at `/invocations`: re-ranking for a re-ranker, classes for a classifier, sparse vectors
 * for SPLADE pooling, otherwise vectors. A request of another API fails with `ModelError`.
 *
 * @example
 * ```ts
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const bge = Container.tei("bge-m3", { truncate: true })
 *
 * export const vectors = bge.embedMany(["a cat", "a dog"])
 * ```
 *
 * @since 0.1.0
 * @category Text Embeddings Inference
 */
export const tei = (name: string, options?: TeiOptions): TeiEndpoint => internalTei.tei(name, options)
