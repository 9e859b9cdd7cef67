/**
 * TensorFlow Serving: requests and responses of its REST API.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Batcher } from "../Batch.ts"
import * as tensorFlowCodecs from "../internal/container/tensorFlow/codecs.ts"
import * as internalTensorFlow from "../internal/container/tensorFlow/make.ts"
import type { ModelEndpoint, ModelEndpointError, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { SageMakerRuntime } from "../SageMakerRuntime.ts"

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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Joins rows to `instances` for `Batch.run`. */
  readonly batcher: Batcher<A, B, TensorFlowInstances<A>, TensorFlowPredictions<B>>
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
