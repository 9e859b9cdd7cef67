/**
 * Parquet files of batches.
 *
 * @since 0.1.0
 */

/**
 * Parquet files as inputs and outputs of batches.
 *
 * @since 0.1.0
 */
export * as Parquet from "./Parquet.ts"
