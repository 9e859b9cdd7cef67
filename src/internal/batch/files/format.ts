/** What a format of rows does with files. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { CodecError } from "../../../SageMakerError.ts"
import { lazySchema } from "../../schema/lazySchema.ts"

const Position = Schema.NonNegativeInt

/** Rows of an input that are next to each other. The positions depend on the format. */
export const RowRange = lazySchema(() =>
  Schema.Struct({
    /** The index of the first row. */
    first: Position,
    /** The number of rows. */
    rows: Position,
    start: Position,
    end: Position,
    /** The position after the header of CSV. */
    header: Schema.optionalWith(Position, { exact: true }),
    /** The number of lines before the first row. */
    line: Schema.optionalWith(Position, { exact: true })
  })
)

export type RowRange = typeof RowRange.Type

/** A file of known size whose bytes can be read in any order. */
export interface RandomAccess<E> {
  readonly size: number
  /** Reads the bytes from `start` to before `end`. */
  readonly read: (start: number, end: number) => Stream.Stream<Uint8Array, E>
}

/** A range with its rows, `undefined` if they were not needed. */
export interface RowChunk<A, E, R> {
  readonly range: RowRange
  readonly rows: Stream.Stream<A, E, R> | undefined
}

/** A file with some rows of an output. */
export interface Part<E> extends RandomAccess<E> {
  readonly first: number
  readonly rows: number
}

/** The methods of a format. */
export interface FormatMethods<A, R> {
  /** Reads all rows in constant memory. */
  readonly rows: <E>(file: RandomAccess<E>) => Stream.Stream<A, CodecError | E, R>
  /**
   * Reads the ranges in their order. A range has at most `chunkRows` rows, and fewer if the rows are large. The rows are
   * read if `isNeeded` of the first row.
   */
  readonly chunks: <E>(
    file: RandomAccess<E>,
    chunkRows: number,
    isNeeded: (first: number) => boolean
  ) => Stream.Stream<RowChunk<A, CodecError | E, R>, CodecError | E, R>
  /** Reads the rows of a range. */
  readonly range: <E>(file: RandomAccess<E>, range: RowRange) => Stream.Stream<A, CodecError | E, R>
  /** Encodes some rows as a part. */
  readonly encodePart: (rows: ReadonlyArray<A>, isFirst: boolean) => Effect.Effect<Uint8Array, CodecError, R>
  /** Joins the parts of an output, in the order of the rows. */
  readonly join: <E>(parts: ReadonlyArray<Part<E>>) => Stream.Stream<Uint8Array, CodecError | E, R>
  /** Encodes rows as a whole file, in constant memory. */
  readonly write: <E, R2>(
    rows: Stream.Stream<A, E, R2>
  ) => Stream.Stream<Uint8Array, CodecError | E, R | R2>
}
