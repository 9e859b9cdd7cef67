/** Requests to XGBoost: rows as CSV or in the libsvm format. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Codec from "../../../Codec.ts"
import type { XgboostDenseRow, XgboostRow } from "../../../Container.ts"
import { undecodable, unencodable, unreadableValue } from "../../codec/codecError.ts"

const isDense = (row: XgboostRow): row is XgboostDenseRow => Array.isArray(row) || ArrayBuffer.isView(row)

const isMissing = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value)

/** A number as Python reads it, `undefined` for another value. */
const numberText = (value: unknown): string | undefined => {
  if (typeof value !== "number") {
    return undefined
  }
  return String(value).replace("Infinity", "inf")
}

const join = (
  cells: ReadonlyArray<string | undefined>,
  separator: string
): Either.Either<string, string> => {
  const invalid = cells.indexOf(undefined)
  return invalid === -1 ? Either.right(cells.join(separator)) : Either.left(`[${invalid}]: expected number`)
}

/** A missing value is `nan`, because an empty line would be no row. */
const csvRow = (row: XgboostRow): Either.Either<string, string> =>
  isDense(row)
    ? join(Array.from(row, (value) => (isMissing(value) ? "nan" : numberText(value))), ",")
    : Either.left(": a row by index requires the option input: \"libsvm\"")

const features = (row: XgboostRow): ReadonlyArray<readonly [index: string, value: unknown]> =>
  isDense(row)
    ? Array.from(row, (value, index) => [String(index), value] as const)
    : Object.entries(row).toSorted(([first], [second]) => Number(first) - Number(second))

/** The format requires a label, which the container ignores. */
const libsvmRow = (row: XgboostRow): Either.Either<string, string> =>
  join(
    [
      "0",
      ...features(row).filter(([, value]) => !isMissing(value)).map(([index, value]) => {
        const text = numberText(value)
        return /^\d+$/.test(index) && text !== undefined ? `${index}:${text}` : undefined
      })
    ],
    " "
  )

const writeRows = (
  rows: ReadonlyArray<XgboostRow>,
  write: (row: XgboostRow) => Either.Either<string, string>
): Either.Either<string, string> =>
  Either.map(
    Either.all(rows.map((row, index) => Either.mapLeft(write(row), (problem) => `rows[${index}]${problem}`))),
    (lines) => lines.join("\n")
  )

/** Encodes rows. Responses are decoded by another codec. */
export const rowsCodec = (format: "csv" | "libsvm"): Codec.Codec<ReadonlyArray<XgboostRow>> => {
  const mediaType = `text/${format}`
  const write = format === "csv" ? csvRow : libsvmRow
  return {
    mediaType,
    encode: (rows) =>
      Effect.try({ try: () => writeRows(rows, write), catch: () => unreadableValue(mediaType) }).pipe(
        Effect.flatMap(Either.mapBoth({
          onLeft: (problem) => unencodable(mediaType, problem, [problem]),
          onRight: (text) => new TextEncoder().encode(text)
        }))
      ),
    decode: (body) => Effect.fail(undecodable(mediaType, body, "rows are only encoded"))
  }
}
