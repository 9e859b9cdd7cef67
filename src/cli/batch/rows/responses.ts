/** Takes a response apart: one result per row. */
import { Codec, SageMakerError } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { anyJson, anyJsonLines, type BatcherName, syntaxOf } from "./requests.ts"
import { unstack, valueOfArray, valueOfCell } from "./row.ts"

/** A response body with its media type. */
export interface ResponseBody {
  readonly Body: Uint8Array
  readonly ContentType?: string | undefined
}

const defaultType = "application/octet-stream"

const failed = (mediaType: string, message: string) =>
  new SageMakerError.CodecError({ mediaType, direction: "decode", message })

const cells = Codec.csv(Schema.Array(Schema.Array(Schema.String)))

const ofCells = (row: ReadonlyArray<string>): unknown =>
  row.length === 1 ? valueOfCell(row[0] ?? "") : row.map(valueOfCell)

/** A line per row, or a cell per row in a single line. */
const ofTable = (table: ReadonlyArray<ReadonlyArray<string>>, rows: number): ReadonlyArray<unknown> => {
  const [first = []] = table
  return rows > 1 && table.length === 1 && first.length === rows ? first.map(valueOfCell) : table.map(ofCells)
}

const members = new Set(["predictions", "outputs"])

/** A list, its usual members, or the only member of an object that is a list. */
const listOf = (value: unknown): ReadonlyArray<unknown> | undefined => {
  if (!Predicate.isRecord(value)) {
    return Array.isArray(value) ? value : undefined
  }
  const lists = Object.entries(value).filter(([, member]) => Array.isArray(member))
  const [, list] = lists.find(([name]) => members.has(name)) ?? (lists.length === 1 ? lists[0]! : [])
  return Array.isArray(list) ? list : undefined
}

const missing = (mediaType: string) =>
  failed(mediaType, "the response has no list of results: use --batcher none, which sends one row per request")

const ofJson = (value: unknown, mediaType: string): Effect.Effect<ReadonlyArray<unknown>, SageMakerError.CodecError> =>
  Effect.suspend(() => {
    const list = listOf(value)
    return list === undefined ? missing(mediaType) : Effect.succeed(list)
  })

const binary = ({ Body, ContentType = defaultType }: ResponseBody): unknown => ({
  contentType: ContentType,
  base64: Buffer.from(Body).toString("base64")
})

const listFrom = (response: ResponseBody, rows: number) => {
  const { Body, ContentType = defaultType } = response
  switch (syntaxOf(ContentType)) {
    case "jsonLines":
      return anyJsonLines.decode(Body)
    case "csv":
      return Effect.map(cells.decode(Body), (table) => ofTable(table, rows))
    case "npy":
      return Effect.map(Codec.npy.decode(Body), (array) => unstack(array).map(valueOfArray))
    default:
      return Effect.flatMap(anyJson.decode(Body), (value) => ofJson(value, ContentType))
  }
}

/** Some containers send JSON with another media type, so text is read as JSON if it is JSON. */
const oneFrom = (response: ResponseBody): Effect.Effect<unknown, SageMakerError.CodecError> => {
  const { Body, ContentType = defaultType } = response
  switch (syntaxOf(ContentType)) {
    case "json":
      return anyJson.decode(Body)
    case "jsonLines":
      return anyJsonLines.decode(Body)
    case "csv":
      return Effect.map(
        cells.decode(Body),
        (table) => (table.length === 1 ? ofCells(table[0] ?? []) : table.map(ofCells))
      )
    case "npy":
      return Effect.map(Codec.npy.decode(Body), valueOfArray)
    case "text":
      return Effect.orElse(anyJson.decode(Body), () => Codec.text.decode(Body, ContentType))
    default:
      return Effect.orElseSucceed(anyJson.decode(Body), () => binary(response))
  }
}

/** Takes a response apart. Fails if it does not have one result per row. */
export const resultsOf = (
  batcher: BatcherName,
  response: ResponseBody,
  rows: number
): Effect.Effect<ReadonlyArray<unknown>, SageMakerError.CodecError> =>
  batcher === "none" ? Effect.map(oneFrom(response), (value) => [value]) : listFrom(response, rows)
