/** Outputs of a batch: files and objects, by format. */
import { Batch } from "effect-sagemaker-runtime"
import { Parquet } from "effect-sagemaker-runtime/parquet"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandError } from "../../output/failure.ts"
import { CellsRecord, cellsRecord, fileRecord, jsonRecord, type RowResult } from "../rows/records.ts"
import { jsonOptions } from "../rows/requests.ts"
import type { Format } from "../settings.ts"
import { requireParquet } from "./parquet.ts"
import { type PlaceContext, placed, placedFolder, type PlaceError } from "./places.ts"

/** An output with the record of a result. */
export interface Output<Record> {
  readonly sink: Batch.RowSink<Record, PlaceError, PlaceContext>
  readonly record: (result: RowResult) => Record
  /** The error of each row, in the order of the rows. Undefined for a row with a result, and for folders. */
  readonly errors: Stream.Stream<unknown, PlaceError, PlaceContext> | undefined
}

/** Calls a function with an output, whose records have a type by format. */
export type WithOutput<A> = <Record>(output: Output<Record>) => A

const WithError = Schema.Struct({ error: Schema.optional(Schema.Unknown) })

const lines = (path: string, verbose: boolean): Output<unknown> => ({
  sink: placed(path, Batch.jsonLines(Schema.Unknown, jsonOptions)),
  record: (result) => jsonRecord(result, verbose),
  errors: Stream.map(Batch.rows(placed(path, Batch.jsonLines(WithError, jsonOptions))), ({ error }) => error)
})

type Cells = typeof CellsRecord.Type

const cells = (path: string, format: Batch.RowFormat<Cells>): Output<Cells> => {
  const file = placed(path, format)
  return {
    sink: file,
    record: cellsRecord,
    errors: Stream.map(Batch.rows(file), ({ error }) => (error === null ? undefined : { _tag: error }))
  }
}

/** Failed rows have files whose names end with `.error.json`. */
const folder = (path: string, verbose: boolean): Output<Pick<Batch.FileRow, "Body" | "name">> => ({
  sink: placedFolder(path),
  record: (result) => fileRecord(result, verbose),
  errors: undefined
})

/** Opens the output of a format, and calls the function with it. */
export const withOutput = <A, E, R>(
  path: string,
  format: Format,
  verbose: boolean,
  use: WithOutput<Effect.Effect<A, E, R>>
): Effect.Effect<A, CommandError | E, R> => {
  switch (format) {
    case "jsonl":
      return use(lines(path, verbose))
    case "csv":
      return use(cells(path, Batch.csv(CellsRecord, { header: true })))
    case "parquet":
      return Effect.zipRight(requireParquet, use(cells(path, Parquet.format(CellsRecord))))
    case "folder":
      return use(folder(path, verbose))
    default:
      return new CommandError({ message: `the output cannot be ${format}: use csv, jsonl, parquet or a folder` })
  }
}
