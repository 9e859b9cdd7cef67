/** Joins rows to the body of a request. */
import { Codec, SageMakerError } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { cellsOfRow, type Row, stack, valueOfRow } from "./row.ts"

/** How rows are joined: one row, a list of rows, or the member of an object. */
export const batcherNames = ["none", "lists", "instances", "inputs"] as const

/** One of `batcherNames`. */
export type BatcherName = typeof batcherNames[number]

/** The settings of requests. */
export interface RequestSettings {
  readonly batcher: BatcherName
  /** Undefined for files, which have their own media types. */
  readonly contentType: string | undefined
  /** Additional members of each request. */
  readonly members: Readonly<Record<string, unknown>>
}

/** A request body with its media type. */
export interface RequestBody {
  readonly Body: Uint8Array
  readonly ContentType: string
}

/** The syntax of a media type. */
export type Syntax = "json" | "jsonLines" | "csv" | "text" | "npy" | "binary"

const essenceOf = (mediaType: string): string => (mediaType.split(";")[0] ?? "").trim().toLowerCase()

/** The syntax of a media type. */
export const syntaxOf = (mediaType: string): Syntax => {
  const essence = essenceOf(mediaType)
  if (/^application\/([\w.-]+\+)?json$/.test(essence)) {
    return "json"
  }
  if (/^application\/(x-)?(json-?lines|jsonl|ndjson)$/.test(essence)) {
    return "jsonLines"
  }
  if (essence === "text/csv" || essence === "application/csv") {
    return "csv"
  }
  if (/^application\/(x-)?npy$/.test(essence)) {
    return "npy"
  }
  return essence.startsWith("text/") ? "text" : "binary"
}

/** How JSON is read and written: as Python does. */
export const jsonOptions: Codec.JsonOptions = { nonFinite: true, largeIntegers: "bigint" }

/** JSON as Python writes it: with large integers, NaN and Infinity. */
export const anyJson = Codec.json(Schema.Unknown, jsonOptions)

/** JSON Lines as Python writes them. */
export const anyJsonLines = Codec.jsonLines(Schema.Unknown, jsonOptions)

const anyCell = Schema.Union(
  Schema.String,
  Schema.Number,
  Schema.BigIntFromSelf,
  Schema.Boolean,
  Schema.Null,
  Schema.Undefined
)

const anyCells = Codec.csv(Schema.Array(Schema.Array(anyCell)))

const invalid = (mediaType: string, message: string) =>
  new SageMakerError.CodecError({ mediaType, direction: "encode", message })

const jsonOf = ({ batcher, members }: RequestSettings, rows: ReadonlyArray<Row>): unknown => {
  const values = rows.map(valueOfRow)
  switch (batcher) {
    case "none":
      return values[0]
    case "lists":
      return values
    default:
      return { ...members, [batcher]: values }
  }
}

const csvOf = (mediaType: string, rows: ReadonlyArray<Row>) => {
  const cells = rows.map(cellsOfRow).filter((each) => each !== undefined)
  return cells.length < rows.length
    ? invalid(mediaType, "cannot encode the row as CSV: expected a list or an object of scalars")
    : Codec.encode(cells, anyCells)
}

const textOf = (mediaType: string, rows: ReadonlyArray<Row>) => {
  const value = rows[0] === undefined ? undefined : valueOfRow(rows[0])
  return typeof value === "string"
    ? Codec.encode(value, Codec.text)
    : invalid(mediaType, `cannot encode the row as ${mediaType}: expected a string`)
}

const npyOf = (mediaType: string, rows: ReadonlyArray<Row>) => {
  const arrays = rows.flatMap((row) => (row._tag === "Array" ? [row.array] : []))
  const joined = arrays.length < rows.length ? undefined : stack(arrays)
  return joined === undefined
    ? invalid(mediaType, "cannot encode the rows as NPY: expected arrays of one shape and type")
    : Codec.encode(joined, Codec.npy)
}

const encodeAs = (settings: RequestSettings, mediaType: string, rows: ReadonlyArray<Row>) => {
  switch (syntaxOf(mediaType)) {
    case "json":
      return Codec.encode(jsonOf(settings, rows), anyJson)
    case "jsonLines":
      return Codec.encode(rows.map(valueOfRow), anyJsonLines)
    case "csv":
      return csvOf(mediaType, rows)
    case "npy":
      return npyOf(mediaType, rows)
    default:
      return textOf(mediaType, rows)
  }
}

/** Joins rows to the body of a request. */
export const bodyOf = (
  settings: RequestSettings,
  rows: ReadonlyArray<Row>
): Effect.Effect<RequestBody, SageMakerError.CodecError> => {
  const [first] = rows
  if (first?._tag === "File" && settings.batcher === "none") {
    return Effect.succeed({ Body: first.file.Body, ContentType: settings.contentType ?? first.file.ContentType })
  }
  const ContentType = settings.contentType ?? "application/json"
  return Effect.map(encodeAs(settings, ContentType, rows), ({ Body }) => ({ Body, ContentType }))
}
