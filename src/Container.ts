/**
 * Presets for the serving containers of SageMaker models.
 *
 * A preset is a typed model with the requests and the responses of one container.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as Codec from "./Codec.ts"
import * as internalMlflow from "./internal/container/mlflow.ts"
import * as tensorFlowCodecs from "./internal/container/tensorFlow/codecs.ts"
import * as internalTensorFlow from "./internal/container/tensorFlow/make.ts"
import * as internalTriton from "./internal/container/triton/make.ts"
import * as internalXgboost from "./internal/container/xgboost/xgboost.ts"
import type {
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointOptions,
  ModelEndpointStreamError,
  ModelEndpointStreamOptions
} from "./ModelEndpoint.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"
import type { Token } from "./Tokens.ts"

// Triton Inference Server

/**
 * An element type of the KServe v2 protocol.
 *
 * @since 0.1.0
 * @category Triton
 */
export type TritonDatatype =
  | "BOOL"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FP16"
  | "FP32"
  | "FP64"
  | "BF16"
  | "BYTES"

/**
 * An element of a `BYTES` tensor.
 *
 * @since 0.1.0
 * @category Triton
 */
export type TritonBytes = string | Uint8Array

/**
 * An element of an input tensor.
 *
 * @since 0.1.0
 * @category Triton
 */
export type TritonElement = number | bigint | boolean | TritonBytes

/**
 * A list of elements, or of lists of elements.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonList extends ReadonlyArray<TritonElement | TritonList> {}

/**
 * Parameters of a request, a response or a tensor.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonParameters {
  readonly [name: string]: unknown
}

/**
 * An input tensor without its name.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonInputData {
  /** The elements in C order: a typed array, or a list of any depth. */
  readonly data: Codec.NdArray["data"] | TritonList
  /**
   * The element type. Default: the type of the typed array, `BYTES` for text and bytes, `BOOL` for Booleans, `INT64` for
   * `bigint`s. Required for a list of numbers. `FP16` and `BF16` take a `Float32Array` or numbers.
   */
  readonly datatype?: TritonDatatype | undefined
  /** The length of each dimension. Default: the lengths of the nested lists; one dimension for a typed array. */
  readonly shape?: ReadonlyArray<number> | undefined
  /** Parameters of the tensor. */
  readonly parameters?: TritonParameters | undefined
}

/**
 * An input tensor.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonInput extends TritonInputData {
  /** The name of the input. */
  readonly name: string
}

/**
 * A requested output.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonOutputRequest {
  /** The name of the output. */
  readonly name: string
  /** Whether the output is sent as binary data. Default: the endpoint's option `binary`. */
  readonly binary?: boolean | undefined
  /** Returns this many classes with the highest values, as text `value:index` or `value:index:label`. */
  readonly classification?: number | undefined
  /** Other parameters of the output. */
  readonly parameters?: TritonParameters | undefined
}

/**
 * An inference request to Triton.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonRequest {
  /** The input tensors: a list, or tensors by name. */
  readonly inputs:
    | ReadonlyArray<TritonInput>
    | { readonly [name: string]: Codec.NdArray | TritonInputData | Codec.NdArray["data"] | TritonList }
  /** The outputs to return. Default: all outputs. */
  readonly outputs?: ReadonlyArray<string | TritonOutputRequest> | undefined
  /** An identifier that the response repeats. */
  readonly id?: string | undefined
  /** Parameters of the request, such as `sequence_id`, `priority` or `timeout`. */
  readonly parameters?: TritonParameters | undefined
}

/**
 * The members of an output tensor that do not depend on its datatype. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonOutputMembers {
  /** The name of the output. */
  readonly name: string
  /** Parameters of the tensor. */
  readonly parameters?: TritonParameters | null | undefined
  readonly [member: string]: unknown
}

/**
 * A numeric output tensor. It is a `Codec.NdArray`. `FP16` and `BF16` have a `Float32Array`.
 *
 * @since 0.1.0
 * @category Triton
 */
export type TritonNumericOutput = TritonOutputMembers & Codec.NdArray & {
  readonly datatype: Exclude<TritonDatatype, "BYTES">
}

/**
 * An output tensor of text or bytes.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonBytesOutput<out B extends TritonBytes = TritonBytes> extends TritonOutputMembers {
  readonly dtype: "bytes"
  readonly datatype: "BYTES" | "STRING"
  /** The length of each dimension. */
  readonly shape: ReadonlyArray<number>
  /** The elements in C order. */
  readonly data: ReadonlyArray<B>
}

/**
 * An output tensor whose datatype the package does not know, or whose data is in shared memory.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonUnknownOutput extends TritonOutputMembers {
  readonly dtype: "unknown"
  /** The server's name of the element type. */
  readonly datatype: string
  /** The length of each dimension. */
  readonly shape: ReadonlyArray<number>
  /** JSON as the server sent it, or the bytes of binary data. */
  readonly data: unknown
}

/**
 * An output tensor. `dtype` tells the kinds apart: NumPy's name of a number, `bytes` or `unknown`.
 *
 * @since 0.1.0
 * @category Triton
 */
export type TritonOutput<B extends TritonBytes = TritonBytes> =
  | TritonNumericOutput
  | TritonBytesOutput<B>
  | TritonUnknownOutput

/**
 * An inference response of Triton. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonResponse<out B extends TritonBytes = TritonBytes> {
  /** The output tensors by name. */
  readonly outputs: { readonly [name: string]: TritonOutput<B> }
  /** The name of the model. */
  readonly model_name?: string | null | undefined
  /** The version of the model. */
  readonly model_version?: string | null | undefined
  /** The identifier of the request. */
  readonly id?: string | null | undefined
  /** Parameters of the response. */
  readonly parameters?: TritonParameters | null | undefined
  readonly [member: string]: unknown
}

/**
 * A request to Triton's generate extension. Other members are inputs of the model.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonGenerateRequest {
  /** The prompt. */
  readonly text_input: string
  /** Parameters of the generation, such as `temperature`. */
  readonly parameters?: TritonParameters | undefined
  readonly [input: string]: unknown
}

/**
 * A response of Triton's generate extension. Other members are outputs of the model.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonGenerateResponse {
  /** The generated text; a list for a batch. */
  readonly text_output?: string | ReadonlyArray<string> | null | undefined
  readonly [output: string]: unknown
}

/**
 * Options of `triton`, and the input members that every call sends.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonOptions extends ModelEndpointOptions {
  /**
   * Whether tensors are sent and requested as binary data after the JSON. Required for `FP16`, `BF16` and for `BYTES`
   * that are not UTF-8. Responses are decoded in both forms.
   *
   * Default: `false`.
   */
  readonly binary?: boolean | undefined
  /**
   * The elements of `BYTES` outputs. `"text"` gives a string, or a `Uint8Array` where the bytes are not UTF-8.
   * `"binary"` always gives a `Uint8Array`.
   *
   * Default: `"text"`.
   */
  readonly bytes?: "text" | "binary" | undefined
}

/**
 * A model in Triton Inference Server.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonEndpoint<in out B extends TritonBytes = TritonBytes>
  extends ModelEndpoint<TritonRequest, TritonResponse<B>>
{
  /**
   * Sends input tensors and returns the output tensors by name. Fails with `CodecError` if a tensor does not agree with
   * its shape and datatype. A multi-model endpoint needs `TargetModel` in the options.
   */
  readonly infer: (
    request: TritonRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<TritonResponse<B>, ModelEndpointError, SageMakerRuntime>
  /** Generates text. The container needs `SAGEMAKER_TRITON_INFERENCE_TYPE=generate`. */
  readonly generate: (
    request: TritonGenerateRequest,
    options?: ModelEndpointOptions
  ) => Effect.Effect<TritonGenerateResponse, ModelEndpointError, SageMakerRuntime>
  /** Generates text as a stream. The container needs `SAGEMAKER_TRITON_INFERENCE_TYPE=generate_stream`. */
  readonly generateStream: (
    request: TritonGenerateRequest,
    options?: ModelEndpointStreamOptions
  ) => Stream.Stream<Token, ModelEndpointStreamError, SageMakerRuntime>
}

/**
 * Makes a typed model for NVIDIA Triton Inference Server (KServe v2 protocol).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Codec, Container } from "effect-sagemaker-runtime"
 *
 * const resnet = Container.triton("resnet-50", { binary: true })
 *
 * export const classes = (pixels: Float32Array) =>
 *   resnet.infer({
 *     inputs: { INPUT: Codec.ndarray(pixels, { shape: [1, 3, 224, 224] }) },
 *     outputs: [{ name: "OUTPUT", classification: 3 }]
 *   }).pipe(Effect.map(({ outputs }) => outputs.OUTPUT?.data))
 * ```
 *
 * @since 0.1.0
 * @category Triton
 */
export const triton: {
  (name: string, options: TritonOptions & { readonly bytes: "binary" }): TritonEndpoint<Uint8Array>
  (name: string, options?: TritonOptions): TritonEndpoint
} = internalTriton.make as typeof triton

// TensorFlow Serving

/**
 * A predict request in row format: a list of instances.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowInstances<out A> {
  /** The inputs of each prediction. */
  readonly instances: ReadonlyArray<A>
  /** The serving signature. Default: the model's default signature. */
  readonly signature_name?: string | undefined
}

/**
 * A predict request in column format: input tensors by name, or the only input tensor.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowInputs {
  /** The input tensors. */
  readonly inputs: unknown
  /** The serving signature. Default: the model's default signature. */
  readonly signature_name?: string | undefined
}

/**
 * The response to a predict request in row format. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowPredictions<out B> {
  /** One prediction for each instance. */
  readonly predictions: ReadonlyArray<B>
  readonly [member: string]: unknown
}

/**
 * The response to a predict request in column format. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowOutputs {
  /** The output tensors by name, or the only output tensor. */
  readonly outputs: unknown
  readonly [member: string]: unknown
}

/**
 * A classify or regress request.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowExamples {
  /** The features of each example. */
  readonly examples: ReadonlyArray<{ readonly [feature: string]: unknown }>
  /** Features that all examples share. */
  readonly context?: { readonly [feature: string]: unknown } | undefined
  /** The serving signature. Default: the model's default signature. */
  readonly signature_name?: string | undefined
}

/**
 * The response to a classify or regress request. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowResults<out B> {
  /** One result for each example. */
  readonly results: ReadonlyArray<B>
  readonly [member: string]: unknown
}

/**
 * The classes of one example with their scores.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export type TensorFlowClasses = ReadonlyArray<readonly [label: string, score: number]>

/**
 * The model that a call of TensorFlow Serving selects.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowSelection {
  /** The name of the model, if the container serves several models. Sent as `tfs-model-name`. */
  readonly model?: string | undefined
  /** The version of the model. Default: the latest version. Sent as `tfs-model-version`. */
  readonly version?: string | number | undefined
}

/**
 * Options of a call of TensorFlow Serving.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowCallOptions extends ModelEndpointOptions, TensorFlowSelection {}

/**
 * Options of `tensorFlow`, and the input members that every call sends.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowOptions<in out A, in out I, out R1, in out B, in out J, out R2>
  extends ModelEndpointOptions, TensorFlowSelection
{
  /** The schema of an instance. Default: any JSON value. */
  readonly instance?: Schema.Schema<A, I, R1> | undefined
  /** The schema of a prediction. Default: any JSON value. */
  readonly prediction?: Schema.Schema<B, J, R2> | undefined
  /**
   * The format of requests with instances. The container converts CSV and JSON Lines to JSON. Both have no
   * `signature_name`. The encoded side of an instance must be a row for CSV, a list or an object for JSON Lines.
   *
   * Default: `"json"`.
   */
  readonly format?: "json" | "csv" | "jsonLines" | undefined
}

/**
 * A model in TensorFlow Serving.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export interface TensorFlowEndpoint<in out A, in out B, out R = never>
  extends ModelEndpoint<TensorFlowInstances<A>, TensorFlowPredictions<B>, R>
{
  /** Sends instances and returns their predictions, or sends input tensors and returns the output tensors. */
  readonly predict: {
    (
      request: TensorFlowInstances<A>,
      options?: TensorFlowCallOptions
    ): Effect.Effect<TensorFlowPredictions<B>, ModelEndpointError, SageMakerRuntime | R>
    (
      request: TensorFlowInputs,
      options?: TensorFlowCallOptions
    ): Effect.Effect<TensorFlowOutputs, ModelEndpointError, SageMakerRuntime>
  }
  /** Returns the classes of each example. Sent with `tfs-method=classify`. */
  readonly classify: (
    request: TensorFlowExamples,
    options?: TensorFlowCallOptions
  ) => Effect.Effect<TensorFlowResults<TensorFlowClasses>, ModelEndpointError, SageMakerRuntime>
  /** Returns a number for each example. Sent with `tfs-method=regress`. */
  readonly regress: (
    request: TensorFlowExamples,
    options?: TensorFlowCallOptions
  ) => Effect.Effect<TensorFlowResults<number>, ModelEndpointError, SageMakerRuntime>
}

/**
 * Makes a typed model for SageMaker's TensorFlow Serving container.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const price = Container.tensorFlow("house-price", {
 *   instance: Schema.Struct({ rooms: Schema.Number, area: Schema.Number }),
 *   prediction: Schema.Number
 * })
 *
 * export const prices = price.predict({ instances: [{ rooms: 3, area: 72 }] }).pipe(
 *   Effect.map(({ predictions }) => predictions)
 * )
 * ```
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export const tensorFlow = <A = unknown, I = unknown, R1 = never, B = unknown, J = unknown, R2 = never>(
  name: string,
  options?: TensorFlowOptions<A, I, R1, B, J, R2>
): TensorFlowEndpoint<A, B, R1 | R2> => internalTensorFlow.make(name, options)

/**
 * Bytes in the JSON of TensorFlow Serving: `{ "b64": "…" }`. Use it in the schemas of instances and predictions.
 *
 * @since 0.1.0
 * @category TensorFlow
 */
export const TensorFlowBytes: Schema.Schema<Uint8Array, { readonly b64: string }> = tensorFlowCodecs.bytes

// MLflow

/**
 * A table by columns and rows, as `pandas.DataFrame.to_dict(orient="split")` writes it.
 *
 * @since 0.1.0
 * @category MLflow
 */
export interface MlflowSplit {
  /** The names of the columns. */
  readonly columns?: ReadonlyArray<string | number> | undefined
  /** The rows. */
  readonly data: ReadonlyArray<ReadonlyArray<unknown>>
  /** The index of the rows. */
  readonly index?: ReadonlyArray<unknown> | undefined
}

/**
 * Inference parameters of a request to MLflow.
 *
 * @since 0.1.0
 * @category MLflow
 */
export interface MlflowParams {
  /** Parameters that the model's signature declares. */
  readonly params?: { readonly [name: string]: unknown } | undefined
}

/**
 * A request to MLflow's scoring server: exactly one of the four inputs.
 *
 * @since 0.1.0
 * @category MLflow
 */
export type MlflowRequest<A> =
  & MlflowParams
  & (
    | {
      /** A table by columns and rows. */
      readonly dataframe_split: MlflowSplit
    }
    | {
      /** A table as a list of rows. */
      readonly dataframe_records: ReadonlyArray<A>
    }
    | {
      /** Tensors in row format, as TensorFlow Serving reads them. */
      readonly instances: unknown
    }
    | {
      /** Tensors in column format, or any value for a model with type hints. */
      readonly inputs: unknown
    }
  )

/**
 * A response of MLflow's scoring server. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category MLflow
 */
export interface MlflowResponse<out B> {
  /** The predictions. Their shape depends on the model. */
  readonly predictions: B
  readonly [member: string]: unknown
}

/**
 * Options of `mlflow`, and the input members that every call sends.
 *
 * @since 0.1.0
 * @category MLflow
 */
export interface MlflowOptions<in out A, in out I, out R1, in out B, in out J, out R2> extends ModelEndpointOptions {
  /** The schema of a row of `dataframe_records` and of CSV. Default: any row. */
  readonly row?: Schema.Schema<A, I, R1> | undefined
  /** The schema of all predictions. Default: any JSON value. */
  readonly predictions?: Schema.Schema<B, J, R2> | undefined
}

/**
 * A row of a table in MLflow.
 *
 * @since 0.1.0
 * @category MLflow
 */
export interface MlflowRow {
  readonly [column: string]: unknown
}

/**
 * A model in MLflow's scoring server.
 *
 * @since 0.1.0
 * @category MLflow
 */
export interface MlflowEndpoint<in out A, in out B, out R = never>
  extends ModelEndpoint<MlflowRequest<A>, MlflowResponse<B>, R>
{
  /** Sends one of the four inputs as JSON and returns the predictions. */
  readonly predict: (
    request: MlflowRequest<A>,
    options?: ModelEndpointOptions
  ) => Effect.Effect<MlflowResponse<B>, ModelEndpointError, SageMakerRuntime | R>
  /** Sends rows as CSV with a header and returns the predictions. Cells are text, numbers, Booleans or empty. */
  readonly predictCsv: (
    rows: ReadonlyArray<A>,
    options?: ModelEndpointOptions
  ) => Effect.Effect<MlflowResponse<B>, ModelEndpointError, SageMakerRuntime | R>
}

/**
 * Makes a typed model for MLflow's scoring server.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const wine = Container.mlflow("wine-quality", {
 *   row: Schema.Struct({ alcohol: Schema.Number, pH: Schema.Number }),
 *   predictions: Schema.Array(Schema.Number)
 * })
 *
 * export const quality = wine.predict({ dataframe_records: [{ alcohol: 9.4, pH: 3.51 }] }).pipe(
 *   Effect.map(({ predictions }) => predictions)
 * )
 * ```
 *
 * @since 0.1.0
 * @category MLflow
 */
export const mlflow = <A = MlflowRow, I = MlflowRow, R1 = never, B = unknown, J = unknown, R2 = never>(
  name: string,
  options?: MlflowOptions<A, I, R1, B, J, R2>
): MlflowEndpoint<A, B, R1 | R2> => internalMlflow.make(name, options)

// XGBoost

/**
 * Objectives of XGBoost whose prediction is one number per row.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export type XgboostNumberObjective =
  | "reg:squarederror"
  | "reg:squaredlogerror"
  | "reg:logistic"
  | "reg:pseudohubererror"
  | "reg:absoluteerror"
  | "reg:quantileerror"
  | "reg:expectileerror"
  | "reg:gamma"
  | "reg:tweedie"
  | "reg:linear"
  | "binary:logistic"
  | "binary:logitraw"
  | "binary:hinge"
  | "count:poisson"
  | "survival:cox"
  | "survival:aft"
  | "multi:softmax"
  | "rank:pairwise"
  | "rank:ndcg"
  | "rank:map"

/**
 * An objective of XGBoost. `multi:softprob` predicts a list of probabilities per row, every other objective a number.
 * `binary:hinge` and `multi:softmax` predict the class.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export type XgboostObjective = XgboostNumberObjective | "multi:softprob"

/**
 * The prediction for one row: a number, or a list of numbers for `multi:softprob` and for several outputs.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export type XgboostScore<O extends string> = O extends "multi:softprob" ? ReadonlyArray<number> : number

/**
 * A row of features. `null`, `undefined` and `NaN` are missing values.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export type XgboostDenseRow = ArrayLike<number | null | undefined>

/**
 * The features of a row by their index. Features without a value are missing.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export interface XgboostSparseRow {
  readonly [index: number]: number
}

/**
 * A row of a request to XGBoost.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export type XgboostRow = XgboostDenseRow | XgboostSparseRow

/**
 * Content that `SAGEMAKER_INFERENCE_OUTPUT` selects.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export type XgboostContent =
  | "predicted_label"
  | "labels"
  | "probability"
  | "probabilities"
  | "raw_score"
  | "raw_scores"
  | "predicted_score"

/**
 * The prediction for one row with the content that `SAGEMAKER_INFERENCE_OUTPUT` selects. Other members are kept.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export interface XgboostPrediction<out S> {
  /** The number or the list of numbers that the model predicts. Absent if the selected content does not have it. */
  readonly score?: S | undefined
  /** The predicted class. */
  readonly predicted_label?: number | undefined
  /** All classes. */
  readonly labels?: ReadonlyArray<number> | undefined
  /** The probability of the predicted class, or of class 1 for a binary objective. */
  readonly probability?: number | undefined
  /** The probability of each class. */
  readonly probabilities?: ReadonlyArray<number> | undefined
  /** The score of the predicted class. */
  readonly raw_score?: number | undefined
  /** The score of each class. */
  readonly raw_scores?: ReadonlyArray<number> | undefined
  /** The predicted value of a regression. */
  readonly predicted_score?: number | undefined
  readonly [member: string]: unknown
}

/**
 * A response of XGBoost. Other members that the server sends are kept.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export interface XgboostResponse<out S> {
  /** One prediction for each row. */
  readonly predictions: ReadonlyArray<XgboostPrediction<S>>
  readonly [member: string]: unknown
}

/**
 * Options of `xgboost`, and the input members that every call sends.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export interface XgboostOptions<out O extends string> extends ModelEndpointOptions {
  /** The objective that the model was trained with. */
  readonly objective: O
  /** The format of requests. Rows by index need `"libsvm"`. Default: `"csv"`. */
  readonly input?: "csv" | "libsvm" | undefined
  /** Whether a prediction is a list, as with several targets or quantiles. Default: `false`. */
  readonly multiOutput?: boolean | undefined
  /**
   * The keys of `SAGEMAKER_INFERENCE_OUTPUT`, in its order. Required only to read them from CSV, because JSON names
   * them.
   */
  readonly output?: ReadonlyArray<XgboostContent> | undefined
}

/**
 * A model of SageMaker's XGBoost container.
 *
 * @since 0.1.0
 * @category XGBoost
 */
export interface XgboostEndpoint<in out S> extends ModelEndpoint<ReadonlyArray<XgboostRow>, XgboostResponse<S>> {
  /**
   * Sends rows and returns the score of each row. Fails with `CodecError` if the number of scores differs from the
   * number of rows.
   */
  readonly predict: (
    rows: ReadonlyArray<XgboostRow>,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ReadonlyArray<S>, ModelEndpointError, SageMakerRuntime>
  /** Sends rows and returns all that the container sends for each row, such as labels and probabilities. */
  readonly predictDetails: (
    rows: ReadonlyArray<XgboostRow>,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ReadonlyArray<XgboostPrediction<S>>, ModelEndpointError, SageMakerRuntime>
}

/**
 * Makes a typed model for SageMaker's XGBoost container.
 *
 * The objective determines the type of a prediction: a number, a class, or a list of probabilities for
 * `multi:softprob`. The option `multiOutput` makes every prediction a list.
 *
 * @example
 * ```ts
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const churn = Container.xgboost("churn", "binary:logistic")
 *
 * export const probabilities = churn.predict([[34, 2, 79.5], [61, null, 12]])
 * ```
 *
 * @since 0.1.0
 * @category XGBoost
 */
export const xgboost: {
  (
    name: string,
    options: XgboostOptions<string> & { readonly multiOutput: true }
  ): XgboostEndpoint<ReadonlyArray<number>>
  <const O extends XgboostObjective | (string & {})>(
    name: string,
    objective: O | XgboostOptions<O>
  ): XgboostEndpoint<XgboostScore<O>>
} = internalXgboost.make as typeof xgboost
