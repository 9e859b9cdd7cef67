/**
 * XGBoost: rows, and scores by objective.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { Batcher } from "../Batch.ts"
import * as internalXgboost from "../internal/container/xgboost/xgboost.ts"
import type { ModelEndpoint, ModelEndpointError, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { SageMakerRuntime } from "../SageMakerRuntime.ts"

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
 * An objective of XGBoost.
 *
 * `multi:softprob` predicts a list of probabilities per row. Every other objective predicts a number.
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
  /** The value of a feature. */
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
  /** Members that the type does not declare. */
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
  /** Members that the type does not declare. */
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
  /** Sends rows and returns all members that the container sends for each row, such as labels and probabilities. */
  readonly predictDetails: (
    rows: ReadonlyArray<XgboostRow>,
    options?: ModelEndpointOptions
  ) => Effect.Effect<ReadonlyArray<XgboostPrediction<S>>, ModelEndpointError, SageMakerRuntime>
  /** Joins rows to one request for `Batch.run`. The result of a row is its score. */
  readonly batcher: Batcher<XgboostRow, S, ReadonlyArray<XgboostRow>, XgboostResponse<S>>
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
