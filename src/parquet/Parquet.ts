/**
 * Parquet files as inputs and outputs of batches.
 *
 * It needs the packages `hyparquet` for reading and `hyparquet-writer` for writing, which are imported when a file is first
 * read or written: `npm install hyparquet hyparquet-writer`. If one of them is missing, the operation fails with
 * `CodecError`, whose message has this command.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type { RowFormat } from "../Batch.ts"
import { makeParquet } from "./internal/format.ts"

/**
 * Options of `format`. An invalid option fails the operation with `CodecError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ParquetOptions {
  /**
   * Functions that decompress the pages of a file: `compressors` of `hyparquet-compressors` has all of them. Default:
   * Snappy and uncompressed pages. Another compression fails with `CodecError`, which has its name.
   */
  readonly compressors?:
    | { readonly [codec: string]: (compressed: Uint8Array, uncompressedBytes: number) => Uint8Array }
    | undefined
  /** The compression of files that are written. Default: `snappy`. */
  readonly compression?: "snappy" | "uncompressed" | undefined
  /** The number of rows of the row groups that are written, an integer of at least 1. Default: 10,000. */
  readonly rowGroupRows?: number | undefined
}

/**
 * The format of Parquet files with a schema of a row, which must be a struct.
 *
 * The columns are the members of the schema's encoded side. Other columns of a file are not read. A column that is missing
 * is read as null.
 *
 * | schema | column that is written | columns that are read |
 * | --- | --- | --- |
 * | `Schema.String` | string | strings, UUIDs, binary values in UTF-8; timestamps as ISO 8601 |
 * | `Schema.Number` | double | floating-point numbers, decimals, integers within 2^53 |
 * | `Schema.Int` | 64-bit integer | those of `Schema.Number`, with integers as values |
 * | `Schema.BigIntFromSelf` | 64-bit integer | integers |
 * | `Schema.Boolean` | boolean | booleans |
 * | `Schema.DateFromSelf` | timestamp in milliseconds | timestamps and dates |
 * | `Schema.Uint8ArrayFromSelf` | binary | binary values |
 * | `Schema.Array` and `Schema.Struct` of these | list and group | lists and groups |
 * | anything else, such as `Schema.Unknown` | JSON | any column |
 *
 * A member that is optional, or that can be null or undefined, is an optional column.
 *
 * A file is read by row groups: the columns of one row group are in memory, at most 1 GiB before their compression.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Batch } from "effect-sagemaker-runtime"
 * import { Parquet } from "effect-sagemaker-runtime/parquet"
 *
 * const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.NullOr(Schema.Number) })
 *
 * export const readings = Batch.rows(Batch.file("readings.parquet", Parquet.format(Reading)))
 * ```
 *
 * @since 0.1.0
 * @category formats
 */
export const format: <A, I extends object, R>(
  schema: Schema.Schema<A, I, R>,
  options?: ParquetOptions
) => RowFormat<A, R> = makeParquet
