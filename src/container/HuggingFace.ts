/**
 * Hugging Face's containers: the requests and responses of their tasks.
 *
 * @since 0.1.0
 */
import { dual } from "effect/Function"
import * as internalHuggingFace from "../internal/container/huggingFace/make.ts"
import type { ModelEndpoint, ModelEndpointOptions } from "../ModelEndpoint.ts"

/**
 * Parameters of a Hugging Face pipeline, which are its keyword arguments in Python.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceParameters {
  /** The value of a parameter. */
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
 * A file, a request with a file, or a request with files that JSON contains: Base64 text, or a URL if the container
 * downloads files. The bytes of a file alone are `{ inputs: bytes }`.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export type HuggingFaceMediaRequest =
  | Uint8Array
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
 * A question and the text that contains the answer.
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
  /** Members that the type does not declare. */
  readonly [member: string]: unknown
}

/**
 * The results of a pipeline: one result, a list of results or, for a batch, a list of lists.
 *
 * The pipeline, the parameters and the inputs determine the form. `[response].flat(2)` is the list of all results in every case.
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
  /** Members that the type does not declare. */
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
  /** Where the token starts in the input, in characters. `null` if the tokenizer does not return it. */
  readonly start?: number | null | undefined
  /** Where the token ends in the input. `null` if the tokenizer does not return it. */
  readonly end?: number | null | undefined
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
  readonly [member: string]: unknown
}

/**
 * Nested lists of numbers: a vector per token, in a list per text. A batch has one more level.
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
      /** The start and the end. The end is `null` if the model did not detect it. */
      readonly timestamp?: ReadonlyArray<number | null> | null | undefined
      /** Members that the type does not declare. */
      readonly [member: string]: unknown
    }>
    | null
    | undefined
  /** Members that the type does not declare. */
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
    /** The left edge. */
    readonly xmin: number
    /** The top edge. */
    readonly ymin: number
    /** The right edge. */
    readonly xmax: number
    /** The bottom edge. */
    readonly ymax: number
    /** Members that the type does not declare. */
    readonly [member: string]: unknown
  }
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
      /** The texts of the user. */
      readonly past_user_inputs?: ReadonlyArray<string> | null | undefined
      /** The texts of the model. */
      readonly generated_responses?: ReadonlyArray<string> | null | undefined
      /** Members that the type does not declare. */
      readonly [member: string]: unknown
    }
    | null
    | undefined
  /** Members that the type does not declare. */
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
  /** A text, a pair of texts, or a list of them. */
  readonly "text-classification": HuggingFaceRequest<
    string | HuggingFaceTextPair | ReadonlyArray<string | HuggingFaceTextPair>
  >
  /** Another name of `text-classification`. */
  readonly "sentiment-analysis": HuggingFaceRequests["text-classification"]
  /** A text or a list of texts. */
  readonly "token-classification": TextRequest
  /** Another name of `token-classification`. */
  readonly ner: TextRequest
  /** A question with its context, or a list of them. */
  readonly "question-answering": HuggingFaceRequest<HuggingFaceQuestion | ReadonlyArray<HuggingFaceQuestion>>
  /** A text or a list of texts, with the labels to choose from. */
  readonly "zero-shot-classification": TextRequest & { readonly parameters: CandidateLabels }
  /** A text or a list of texts. */
  readonly "feature-extraction": TextRequest
  /** A text or a list of texts with the mask token. */
  readonly "fill-mask": TextRequest
  /** A text or a list of texts. */
  readonly summarization: TextRequest
  /** A text or a list of texts. */
  readonly translation: TextRequest
  /** A text or a list of texts. */
  readonly "text2text-generation": TextRequest
  /** A prompt, a list of prompts, or messages. */
  readonly "text-generation": HuggingFaceRequest<string | ReadonlyArray<string> | ReadonlyArray<HuggingFaceMessage>>
  /** A question or several questions, and a table. */
  readonly "table-question-answering": HuggingFaceRequest<{
    /** The question, or several questions. */
    readonly query: string | ReadonlyArray<string>
    /** The table. */
    readonly table: HuggingFaceTable
  }>
  /** The new text of the user, and the earlier texts of the conversation. */
  readonly conversational: HuggingFaceRequest<{
    /** The new text of the user. */
    readonly text: string
    /** The earlier texts of the user. */
    readonly past_user_inputs?: ReadonlyArray<string> | undefined
    /** The earlier texts of the model. */
    readonly generated_responses?: ReadonlyArray<string> | undefined
  }>
  /** A text, and the texts to compare with it. */
  readonly "sentence-similarity": HuggingFaceRequest<{
    /** The text to compare with. */
    readonly source_sentence: string
    /** The texts to compare. */
    readonly sentences: ReadonlyArray<string>
  }>
  /** A text or a list of texts. */
  readonly "sentence-embeddings": TextRequest
  /** An image. */
  readonly "image-classification": HuggingFaceMediaRequest
  /** An image. */
  readonly "object-detection": HuggingFaceMediaRequest
  /** An image. */
  readonly "image-segmentation": HuggingFaceMediaRequest
  /** An image. */
  readonly "image-to-text": HuggingFaceMediaRequest
  /** An image, with the labels to choose from. */
  readonly "zero-shot-image-classification": HuggingFaceMediaRequest & { readonly parameters: CandidateLabels }
  /** An image and a question. */
  readonly "visual-question-answering": HuggingFaceRequest<{
    /** The bytes of the image, Base64 text, or a URL if the container downloads files. */
    readonly image: string | Uint8Array
    /** The question. */
    readonly question: string
  }>
  /** An image of a document and a question. */
  readonly "document-question-answering": HuggingFaceRequests["visual-question-answering"]
  /** A recording. */
  readonly "automatic-speech-recognition": HuggingFaceMediaRequest
  /** A recording. */
  readonly "audio-classification": HuggingFaceMediaRequest
}

/**
 * The response of each task.
 *
 * @since 0.1.0
 * @category Hugging Face
 */
export interface HuggingFaceResponses {
  /** The classes of a text. */
  readonly "text-classification": HuggingFaceResults<HuggingFaceLabel>
  /** The classes of a text, as `text-classification` returns them. */
  readonly "sentiment-analysis": HuggingFaceResponses["text-classification"]
  /** The classes of tokens, or of groups of tokens. */
  readonly "token-classification": HuggingFaceResults<HuggingFaceEntity>
  /** The classes of tokens, as `token-classification` returns them. */
  readonly ner: HuggingFaceResponses["token-classification"]
  /** The answer, with its position in the context. */
  readonly "question-answering": HuggingFaceResults<HuggingFaceAnswer>
  /** The score of each label. */
  readonly "zero-shot-classification": HuggingFaceResults<HuggingFaceZeroShot | HuggingFaceLabel>
  /** A vector per token. */
  readonly "feature-extraction": HuggingFaceFeatures
  /** The candidates for the mask token. */
  readonly "fill-mask": HuggingFaceResults<HuggingFaceMaskFill>
  /** The summary. */
  readonly summarization: HuggingFaceResults<HuggingFaceSummary>
  /** The translation. */
  readonly translation: HuggingFaceResults<HuggingFaceTranslation>
  /** The generated text. */
  readonly "text2text-generation": HuggingFaceResults<HuggingFaceGeneration>
  /** The generated text, or messages. */
  readonly "text-generation": HuggingFaceResults<HuggingFaceGeneration>
  /** The answer, with its cells. */
  readonly "table-question-answering": HuggingFaceResults<HuggingFaceTableAnswer>
  /** The generated text and the conversation. */
  readonly conversational: HuggingFaceConversation
  /** The similarity of each text. */
  readonly "sentence-similarity": { readonly similarities: ReadonlyArray<number> } | ReadonlyArray<number>
  /** A vector, or a vector per text. */
  readonly "sentence-embeddings": {
    /** The vector, or a vector per text. */
    readonly embeddings: ReadonlyArray<number> | ReadonlyArray<ReadonlyArray<number>>
  }
  /** The classes of an image. */
  readonly "image-classification": HuggingFaceResults<HuggingFaceLabel>
  /** The objects in an image. */
  readonly "object-detection": HuggingFaceResults<HuggingFaceObject>
  /** The segments of an image. */
  readonly "image-segmentation": HuggingFaceResults<HuggingFaceSegment>
  /** The text that describes an image. */
  readonly "image-to-text": HuggingFaceResults<HuggingFaceGeneration>
  /** The score of each label. */
  readonly "zero-shot-image-classification": HuggingFaceResults<HuggingFaceLabel>
  /** The answers. */
  readonly "visual-question-answering": HuggingFaceResults<HuggingFaceAnswer>
  /** The answers, with their positions in the document. */
  readonly "document-question-answering": HuggingFaceResults<HuggingFaceAnswer>
  /** The transcription. */
  readonly "automatic-speech-recognition": HuggingFaceResults<HuggingFaceTranscription>
  /** The classes of a recording. */
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
