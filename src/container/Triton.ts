/**
 * Triton Inference Server: requests and responses of the KServe v2 protocol, and the generate extension.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Batcher } from "../Batch.ts"
import type * as Codec from "../Codec.ts"
import * as internalTriton from "../internal/container/triton/make.ts"
import type {
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointOptions,
  ModelEndpointStreamError,
  ModelEndpointStreamOptions
} from "../ModelEndpoint.ts"
import type { SageMakerRuntime } from "../SageMakerRuntime.ts"
import type { Token } from "../Tokens.ts"

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
  /** The value of a parameter. */
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
  /** Members that the type does not declare. */
  readonly [member: string]: unknown
}

/**
 * A numeric output tensor. It is a `Codec.NdArray`. `FP16` and `BF16` have a `Float32Array`.
 *
 * @since 0.1.0
 * @category Triton
 */
export type TritonNumericOutput = TritonOutputMembers & Codec.NdArray & {
  /** The server's name of the element type. */
  readonly datatype: Exclude<TritonDatatype, "BYTES">
}

/**
 * An output tensor of text or bytes.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonBytesOutput<out B extends TritonBytes = TritonBytes> extends TritonOutputMembers {
  /** The kind of the output. */
  readonly dtype: "bytes"
  /** The server's name of the element type. Triton's documentation also names it `STRING`. */
  readonly datatype: "BYTES" | "STRING"
  /** The length of each dimension. */
  readonly shape: ReadonlyArray<number>
  /** The elements in C order. */
  readonly data: ReadonlyArray<B>
}

/**
 * An output tensor with a datatype that `TritonDatatype` does not have, or with data in shared memory.
 *
 * @since 0.1.0
 * @category Triton
 */
export interface TritonUnknownOutput extends TritonOutputMembers {
  /** The kind of the output. */
  readonly dtype: "unknown"
  /** The server's name of the element type. */
  readonly datatype: string
  /** The length of each dimension. */
  readonly shape: ReadonlyArray<number>
  /** JSON as the server sent it, or the bytes of binary data. */
  readonly data: unknown
}

/**
 * An output tensor. `dtype` is NumPy's name for a numeric output, else `bytes` or `unknown`.
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
  /** Members that the type does not declare. */
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
  /** An input of the model. */
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
  /** An output of the model. */
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
   * The elements of `BYTES` outputs. `"text"`: a string, or a `Uint8Array` if the bytes are not UTF-8.
   * `"binary"`: always a `Uint8Array`.
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
  /**
   * Joins requests along the first dimension of their tensors for `Batch.run`, and takes the outputs apart.
   *
   * A row is a request as `infer` takes it, with one example or more. The rows of a request need the same inputs, shapes
   * after the first dimension, outputs and parameters. Set `maxRows` to `max_batch_size` of the model. Default: 8.
   */
  readonly batcher: Batcher<TritonRequest, TritonResponse<B>, TritonRequest, TritonResponse<B>>
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
