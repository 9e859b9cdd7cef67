/**
 * MLflow: requests and responses of its scoring server.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Batcher } from "../Batch.ts"
import * as internalMlflow from "../internal/container/mlflow.ts"
import type { ModelEndpoint, ModelEndpointError, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { SageMakerRuntime } from "../SageMakerRuntime.ts"

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
  /** Members that the type does not declare. */
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
  /** The value of a column. */
  readonly [column: string]: unknown
}

/**
 * The prediction for one row, if the predictions are a list.
 *
 * @since 0.1.0
 * @category MLflow
 */
export type MlflowPrediction<B> = B extends ReadonlyArray<infer P> ? P : unknown

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
  /** Joins rows to `dataframe_records` for `Batch.run`. The predictions must be a list. */
  readonly batcher: Batcher<A, MlflowPrediction<B>, MlflowRequest<A>, MlflowResponse<B>>
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
