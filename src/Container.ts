/**
 * Presets for the serving containers of SageMaker models.
 *
 * A preset is a typed model with the requests and the responses of one container.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as internalHuggingFace from "./internal/container/huggingFace/make.ts"
import * as internalTei from "./internal/container/tei.ts"
import type {
  EmbeddingEndpoint,
  EmbedManyResult,
  EmbedOptions,
  EmbedResult,
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointOptions
} from "./ModelEndpoint.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

// Text Embeddings Inference

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

// Hugging Face

/**
 * Parameters of a Hugging Face pipeline, which are its keyword arguments in Python.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceParameters {
  readonly [name: string]: unknown
}

/**
 * A request to a Hugging Face container.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceRequest<out Inputs> {
  /** The input of the pipeline. Bytes inside of it are sent as Base64 text. */
  readonly inputs: Inputs
  /** The parameters of the pipeline, such as `{ top_k: 3 }`. */
  readonly parameters?: HuggingFaceParameters | undefined
}

/**
 * A request with a file: an image or a recording.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceFileRequest {
  /** The bytes of the file, which are the request body. */
  readonly inputs: Uint8Array
  /**
   * The content type of the file, such as `image/jpeg` or `audio/x-flac`. Default: the format of the bytes, if they are
   * JPEG, PNG, GIF, BMP, TIFF, WebP, WAV, FLAC, MP3 or Ogg; otherwise `image/x-image` or `audio/x-audio`.
   */
  readonly contentType?: string | undefined
  /** The parameters of the pipeline. With parameters the request is JSON, and the file is sent as Base64 text. */
  readonly parameters?: HuggingFaceParameters | undefined
}

/**
 * A request with a file, or with files that JSON contains: Base64 text, or a URL if the container downloads files.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export type HuggingFaceMediaRequest =
  | HuggingFaceFileRequest
  | HuggingFaceRequest<string | ReadonlyArray<string | Uint8Array>>

/**
 * A text and its pair, for models that classify pairs of texts.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceTextPair {
  /** The first text. */
  readonly text: string
  /** The second text. */
  readonly text_pair?: string | undefined
}

/**
 * A question and the text that answers it.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceQuestion {
  /** The question. */
  readonly question: string
  /** The text to search. */
  readonly context: string
}

/**
 * The table of a question: a list of cells per column, or a list of rows.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export type HuggingFaceTable =
  | { readonly [column: string]: ReadonlyArray<string> }
  | ReadonlyArray<{ readonly [column: string]: string }>

/**
 * A message of a conversation.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceMessage {
  /** The role of the author, such as `user`. */
  readonly role: string
  /** The text or the parts of the message. */
  readonly content: unknown
  readonly [member: string]: unknown
}

/**
 * What a pipeline returns: one result, a list of results or, for a batch, a list of lists. The pipeline, the parameters
 * and the inputs determine which one. `[response].flat(2)` is the list of all results in every case.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export type HuggingFaceResults<A> = A | ReadonlyArray<A> | ReadonlyArray<ReadonlyArray<A>>

/**
 * A class and its score.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceLabel {
  /** The name of the class, such as `POSITIVE` or `LABEL_0`. */
  readonly label: string
  /** The score of the class. */
  readonly score: number
  readonly [member: string]: unknown
}

/**
 * A token or, with an aggregation strategy, a group of tokens with a class.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceEntity {
  /** The class of the token, such as `I-PER`. Absent with an aggregation strategy. */
  readonly entity?: string | null | undefined
  /** The class of the group, such as `PER`. Absent without an aggregation strategy. */
  readonly entity_group?: string | null | undefined
  /** The score of the class. */
  readonly score: number
  /** The position of the token. Absent with an aggregation strategy. */
  readonly index?: number | null | undefined
  /** The text of the token or of the group. */
  readonly word: string
  /** Where the token starts in the input, in characters. `null` if the tokenizer does not know it. */
  readonly start?: number | null | undefined
  /** Where the token ends in the input. `null` if the tokenizer does not know it. */
  readonly end?: number | null | undefined
  readonly [member: string]: unknown
}

/**
 * An answer to a question.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceAnswer {
  /** The text of the answer. */
  readonly answer: string
  /** The score of the answer. */
  readonly score?: number | null | undefined
  /** Where the answer starts in the context, in characters. For documents: in words. */
  readonly start?: number | null | undefined
  /** Where the answer ends. */
  readonly end?: number | null | undefined
  readonly [member: string]: unknown
}

/**
 * The scores of the candidate labels, the highest first.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceZeroShot {
  /** The text that was classified. */
  readonly sequence?: string | null | undefined
  /** The labels, in the order of the scores. */
  readonly labels: ReadonlyArray<string>
  /** The score of each label. */
  readonly scores: ReadonlyArray<number>
  readonly [member: string]: unknown
}

/**
 * Nested lists of numbers. A pipeline returns texts, one list, tokens and numbers, without the texts for a single text.
 * `ModelEndpoint.embeddings` with `pooling: "mean"` returns one vector per text.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export type HuggingFaceFeatures =
  | ReadonlyArray<number>
  | ReadonlyArray<ReadonlyArray<number>>
  | ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
  | ReadonlyArray<ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>>

/**
 * A candidate for a masked token.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceMaskFill {
  /** The score of the candidate. */
  readonly score: number
  /** The ID of the token. */
  readonly token?: number | null | undefined
  /** The text of the token. */
  readonly token_str?: string | null | undefined
  /** The input with the token in place of the mask. */
  readonly sequence?: string | null | undefined
  readonly [member: string]: unknown
}

/**
 * A generated text, or the messages of a conversation with the generated one at the end.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceGeneration {
  /** The generated text. For an input of messages: all messages. */
  readonly generated_text: string | ReadonlyArray<HuggingFaceMessage>
  readonly [member: string]: unknown
}

/**
 * A summary.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceSummary {
  /** The summary of the text. */
  readonly summary_text: string
  readonly [member: string]: unknown
}

/**
 * A translation.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceTranslation {
  /** The translated text. */
  readonly translation_text: string
  readonly [member: string]: unknown
}

/**
 * An answer from a table.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceTableAnswer {
  /** The answer, with the aggregation in front of it if there is one. */
  readonly answer: string
  /** The row and the column of each cell. */
  readonly coordinates?: ReadonlyArray<ReadonlyArray<number>> | null | undefined
  /** The text of each cell. */
  readonly cells?: ReadonlyArray<string> | null | undefined
  /** How the cells are aggregated, such as `SUM`. Absent for models without aggregation. */
  readonly aggregator?: string | null | undefined
  readonly [member: string]: unknown
}

/**
 * A transcription of speech.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceTranscription {
  /** The text. */
  readonly text: string
  /** The parts of the text with their times in seconds, with the parameter `return_timestamps`. */
  readonly chunks?:
    | ReadonlyArray<{
      /** The text of the part. */
      readonly text: string
      /** The start and the end. The end is `null` if the model did not find it. */
      readonly timestamp?: ReadonlyArray<number | null> | null | undefined
      readonly [member: string]: unknown
    }>
    | null
    | undefined
  readonly [member: string]: unknown
}

/**
 * A detected object.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceObject {
  /** The class of the object. */
  readonly label: string
  /** The score of the class. */
  readonly score: number
  /** The position of the object in pixels. */
  readonly box: {
    readonly xmin: number
    readonly ymin: number
    readonly xmax: number
    readonly ymax: number
    readonly [member: string]: unknown
  }
  readonly [member: string]: unknown
}

/**
 * A segment of an image.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceSegment {
  /** The class of the segment. */
  readonly label: string
  /** The score of the class. `null` for semantic segmentation. */
  readonly score?: number | null | undefined
  /** The mask of the segment: the Base64 text of a PNG image. */
  readonly mask?: string | null | undefined
  readonly [member: string]: unknown
}

/**
 * The reply of a conversation, from a container with transformers before 4.42.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceConversation {
  /** The reply of the model. */
  readonly generated_text: string
  /** The conversation so far. */
  readonly conversation?:
    | {
      readonly past_user_inputs?: ReadonlyArray<string> | null | undefined
      readonly generated_responses?: ReadonlyArray<string> | null | undefined
      readonly [member: string]: unknown
    }
    | null
    | undefined
  readonly [member: string]: unknown
}

type TextRequest = HuggingFaceRequest<string | ReadonlyArray<string>>

type CandidateLabels = { readonly candidate_labels: ReadonlyArray<string> | string } & HuggingFaceParameters

/**
 * The request of each task.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceRequests {
  readonly "text-classification": HuggingFaceRequest<
    string | HuggingFaceTextPair | ReadonlyArray<string | HuggingFaceTextPair>
  >
  readonly "sentiment-analysis": HuggingFaceRequests["text-classification"]
  readonly "token-classification": TextRequest
  readonly ner: TextRequest
  readonly "question-answering": HuggingFaceRequest<HuggingFaceQuestion | ReadonlyArray<HuggingFaceQuestion>>
  readonly "zero-shot-classification": TextRequest & { readonly parameters: CandidateLabels }
  readonly "feature-extraction": TextRequest
  readonly "fill-mask": TextRequest
  readonly summarization: TextRequest
  readonly translation: TextRequest
  readonly "text2text-generation": TextRequest
  readonly "text-generation": HuggingFaceRequest<string | ReadonlyArray<string> | ReadonlyArray<HuggingFaceMessage>>
  readonly "table-question-answering": HuggingFaceRequest<{
    readonly query: string | ReadonlyArray<string>
    readonly table: HuggingFaceTable
  }>
  readonly conversational: HuggingFaceRequest<{
    readonly text: string
    readonly past_user_inputs?: ReadonlyArray<string> | undefined
    readonly generated_responses?: ReadonlyArray<string> | undefined
  }>
  readonly "sentence-similarity": HuggingFaceRequest<{
    readonly source_sentence: string
    readonly sentences: ReadonlyArray<string>
  }>
  readonly "sentence-embeddings": TextRequest
  readonly "image-classification": HuggingFaceMediaRequest
  readonly "object-detection": HuggingFaceMediaRequest
  readonly "image-segmentation": HuggingFaceMediaRequest
  readonly "image-to-text": HuggingFaceMediaRequest
  readonly "zero-shot-image-classification": HuggingFaceMediaRequest & { readonly parameters: CandidateLabels }
  readonly "visual-question-answering": HuggingFaceRequest<{
    readonly image: string | Uint8Array
    readonly question: string
  }>
  readonly "document-question-answering": HuggingFaceRequests["visual-question-answering"]
  readonly "automatic-speech-recognition": HuggingFaceMediaRequest
  readonly "audio-classification": HuggingFaceMediaRequest
}

/**
 * The response of each task.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceResponses {
  readonly "text-classification": HuggingFaceResults<HuggingFaceLabel>
  readonly "sentiment-analysis": HuggingFaceResponses["text-classification"]
  readonly "token-classification": HuggingFaceResults<HuggingFaceEntity>
  readonly ner: HuggingFaceResponses["token-classification"]
  readonly "question-answering": HuggingFaceResults<HuggingFaceAnswer>
  readonly "zero-shot-classification": HuggingFaceResults<HuggingFaceZeroShot | HuggingFaceLabel>
  readonly "feature-extraction": HuggingFaceFeatures
  readonly "fill-mask": HuggingFaceResults<HuggingFaceMaskFill>
  readonly summarization: HuggingFaceResults<HuggingFaceSummary>
  readonly translation: HuggingFaceResults<HuggingFaceTranslation>
  readonly "text2text-generation": HuggingFaceResults<HuggingFaceGeneration>
  readonly "text-generation": HuggingFaceResults<HuggingFaceGeneration>
  readonly "table-question-answering": HuggingFaceResults<HuggingFaceTableAnswer>
  readonly conversational: HuggingFaceConversation
  readonly "sentence-similarity": { readonly similarities: ReadonlyArray<number> } | ReadonlyArray<number>
  readonly "sentence-embeddings": {
    readonly embeddings: ReadonlyArray<number> | ReadonlyArray<ReadonlyArray<number>>
  }
  readonly "image-classification": HuggingFaceResults<HuggingFaceLabel>
  readonly "object-detection": HuggingFaceResults<HuggingFaceObject>
  readonly "image-segmentation": HuggingFaceResults<HuggingFaceSegment>
  readonly "image-to-text": HuggingFaceResults<HuggingFaceGeneration>
  readonly "zero-shot-image-classification": HuggingFaceResults<HuggingFaceLabel>
  readonly "visual-question-answering": HuggingFaceResults<HuggingFaceAnswer>
  readonly "document-question-answering": HuggingFaceResults<HuggingFaceAnswer>
  readonly "automatic-speech-recognition": HuggingFaceResults<HuggingFaceTranscription>
  readonly "audio-classification": HuggingFaceResults<HuggingFaceLabel>
}

/**
 * A task of a Hugging Face container, its `HF_TASK`.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export type HuggingFaceTask = keyof HuggingFaceRequests | `translation_${string}_to_${string}`

type KeyOf<Task extends HuggingFaceTask> = Task extends keyof HuggingFaceRequests ? Task : "translation"

/**
 * A deployed Hugging Face container, typed by its task.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceEndpoint<in out Task extends HuggingFaceTask>
  extends ModelEndpoint<HuggingFaceRequests[KeyOf<Task>], HuggingFaceResponses[KeyOf<Task>]>
{
  /** The task of the container. */
  readonly task: Task
}

/**
 * Makes a typed endpoint of a Hugging Face container, for one of its tasks.
 *
 * Requests are `{ inputs, parameters }` as JSON. Images and recordings are sent as they are, with their content type.
 * Responses keep members that their types do not declare.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const reviews = Container.huggingFace("reviews", "text-classification")
 *
 * export const labels = reviews.invoke({ inputs: "A fine soup.", parameters: { top_k: 2 } }).pipe(
 *   Effect.map((response) => [response].flat(2).map(({ label }) => label))
 * )
 * ```
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export const huggingFace: {
  <const Task extends HuggingFaceTask>(
    task: Task,
    options?: ModelEndpointOptions
  ): (name: string) => HuggingFaceEndpoint<Task>
  <const Task extends HuggingFaceTask>(
    name: string,
    task: Task,
    options?: ModelEndpointOptions
  ): HuggingFaceEndpoint<Task>
} = dual(([, second]) => typeof second === "string", internalHuggingFace.huggingFace)
