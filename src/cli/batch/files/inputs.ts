/** Inputs of a batch: files, objects and folders, by format. */
import { Batch, type Codec } from "effect-sagemaker-runtime"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandError } from "../../output/failure.ts"
import { jsonOptions } from "../rows/requests.ts"
import type { Row } from "../rows/row.ts"
import type { Format } from "../settings.ts"
import { parquetRows, valueOfColumn } from "./parquet.ts"
import { type PlaceContext, placed, placedFolder, type PlaceError } from "./places.ts"

/** An input with the rows that its source decodes. */
export interface Input<Raw> {
  readonly source: Batch.RowSource<Raw, PlaceError, PlaceContext>
  readonly toRow: (raw: Raw) => Row
}

/** Calls a function with an input, whose rows have a type by format. */
export type WithInput<A> = <Raw>(input: Input<Raw>) => A

const delimiterOf = (format: Format) => (format === "tsv" ? "\t" as const : "," as const)

const invalidHeader = (path: string) =>
  new CommandError({ message: `invalid header of ${path}: expected names of columns that differ` })

/** The names of the columns: the first row. */
const columnsOf = (path: string, format: Format) => {
  const rows = placed(path, Batch.csv(Schema.Array(Schema.String), { delimiter: delimiterOf(format) }))
  return Stream.runCollect(Stream.take(Batch.rows(rows), 1)).pipe(
    Effect.map((chunk) => Chunk.toReadonlyArray(chunk)[0] ?? []),
    Effect.filterOrFail(
      (columns) => new Set(columns).size === columns.length && !columns.includes("__proto__"),
      () => invalidHeader(path)
    )
  )
}

const titled = (
  path: string,
  format: Format,
  columns: ReadonlyArray<string>
): Input<Readonly<Record<string, string>>> => {
  const schema = Schema.Struct(Object.fromEntries(columns.map((name) => [name, Schema.String])))
  return {
    source: placed(path, Batch.csv(schema, { header: true, delimiter: delimiterOf(format) })),
    toRow: (raw) => ({ _tag: "Cells", cells: columns.map((name) => raw[name] ?? ""), columns })
  }
}

const untitled = (path: string, format: Format): Input<ReadonlyArray<string>> => ({
  source: placed(path, Batch.csv(Schema.Array(Schema.String), { delimiter: delimiterOf(format) })),
  toRow: (cells) => ({ _tag: "Cells", cells })
})

const values = (path: string): Input<unknown> => ({
  source: placed(path, Batch.jsonLines(Schema.Unknown, jsonOptions)),
  toRow: (value) => ({ _tag: "Value", value })
})

const arrays = (path: string): Input<Codec.NdArray> => ({
  source: placed(path, Batch.npy),
  toRow: (array) => ({ _tag: "Array", array })
})

const fileRows = (path: string): Input<Batch.FileRow> => ({
  source: placedFolder(path),
  toRow: (file) => ({ _tag: "File", file })
})

/** Opens the input of a format, and calls the function with it. */
export const withInput = <A, E, R>(
  path: string,
  format: Format,
  header: boolean,
  use: WithInput<Effect.Effect<A, E, R>>
) =>
  Effect.gen(function*() {
    switch (format) {
      case "csv":
      case "tsv":
        return yield* header
          ? Effect.flatMap(columnsOf(path, format), (columns) => use(titled(path, format, columns)))
          : use(untitled(path, format))
      case "jsonl":
        return yield* use(values(path))
      case "parquet":
        return yield* Effect.flatMap(parquetRows(path), (source) =>
          use({ source, toRow: (value): Row => ({ _tag: "Value", value: valueOfColumn(value) }) }))
      case "npy":
        return yield* use(arrays(path))
      default:
        return yield* use(fileRows(path))
    }
  })
