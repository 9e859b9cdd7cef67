/**
 * Batch inference on several machines, as a workflow of `@effect/workflow`.
 *
 * @since 0.1.0
 */

/**
 * A batch whose chunks are processed by all runners of a cluster.
 *
 * @since 0.1.0
 */
export * as BatchWorkflow from "./BatchWorkflow.ts"
