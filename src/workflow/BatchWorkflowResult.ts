/**
 * The results of a batch workflow, as the database stores them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The result of an execution.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchWorkflowSummary {
  /** The number of rows. */
  readonly rows: number
  /** The number of rows that failed. */
  readonly failed: number
}

/**
 * The result of an execution.
 *
 * @since 0.1.0
 * @category schemas
 */
export const BatchWorkflowSummary: Schema.Struct<{ rows: typeof Schema.Number; failed: typeof Schema.Number }> = Schema
  .Struct({ rows: Schema.Number, failed: Schema.Number })

/**
 * The error of an execution, which is stored and final. Execute the batch with another `id` to continue it: chunks that
 * are done are not sent again.
 *
 * `reason` has the tag and the message of the cause. It does not contain rows.
 *
 * @since 0.1.0
 * @category errors
 */
export class BatchWorkflowError extends Schema.TaggedError<BatchWorkflowError>()("BatchWorkflowError", {
  reason: Schema.String
}) {
  /**
   * What happened, and what to do.
   *
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.reason}: execute the batch with another id to continue`
  }
}
