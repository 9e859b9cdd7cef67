/** What a source and a sink of rows do. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { InvalidInputError } from "../../../SageMakerError.ts"
import { invalid } from "../options.ts"
import type { RowChunk, RowRange } from "./format.ts"
import type { PartInfo } from "./parts.ts"

/** What identifies an input. */
export interface Identity {
  /** Its size in bytes. */
  readonly bytes: number
  /** The SHA-256 of samples of its bytes. */
  readonly sha256: string
}

/** Where an output is written. */
export interface OutputPlace {
  /** The path without symbolic links, or the location. */
  readonly path: string
  readonly kind: "file" | "folder"
}

export interface SourceMethods<out A, out E, out R> {
  readonly identify: Effect.Effect<Identity, E, R>
  /** Whether rows of the source can be files of an output. */
  readonly contains: (output: OutputPlace) => Effect.Effect<boolean, E, R>
  readonly rows: Stream.Stream<A, E, R>
  /** Reads the ranges in their order, with the rows of those that are needed. */
  readonly chunks: (
    chunkRows: number,
    isNeeded: (first: number) => boolean
  ) => Stream.Stream<RowChunk<A, E, R>, E, R>
  /** Reads the rows of a range. */
  readonly range: (range: RowRange) => Stream.Stream<A, E, R>
}

export interface SinkMethods<in A, out E, out R> {
  readonly place: Effect.Effect<OutputPlace, E, R>
  /** Writes a whole output. After a crash, the old or the new one is there. */
  readonly write: <E2, R2>(rows: Stream.Stream<A, E2, R2>) => Effect.Effect<void, E | E2, R | R2>
  /** The size of the output, `undefined` if there is none. */
  readonly size: Effect.Effect<number | undefined, E, R>
  /** The parts, in the order of their rows. */
  readonly parts: Effect.Effect<ReadonlyArray<PartInfo>, E, R>
  /** Stores the records of a range. After a crash, the whole part or none is there. */
  readonly writePart: (part: PartInfo, records: ReadonlyArray<A>) => Effect.Effect<void, E, R>
  /** Joins the parts to the output. */
  readonly join: Effect.Effect<void, E, R>
  readonly removeParts: Effect.Effect<void, E, R>
  /** Reads a file beside the output, whose name ends with a suffix. `undefined` if there is none. */
  readonly readBeside: (suffix: string) => Effect.Effect<string | undefined, E, R>
  /** Replaces a file beside the output. Writers with other names can replace it at the same time. */
  readonly writeBeside: (suffix: string, text: string, writer?: string) => Effect.Effect<void, E, R>
}

/** Fails if the output would replace the input, or would be read as a part of it. */
export const checkPlaces = <A, E, R, Record, E2, R2>(
  source: SourceMethods<A, E, R>,
  sink: SinkMethods<Record, E2, R2>
): Effect.Effect<void, E | E2 | InvalidInputError, R | R2> =>
  Effect.flatMap(Effect.flatMap(sink.place, source.contains), (isInInput) =>
    isInInput
      ? Effect.fail(invalid("output", "another file or folder than the input, and not a file that the input includes"))
      : Effect.void)
