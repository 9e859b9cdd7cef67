/** Requests to XGBoost: rows as CSV or in LIBSVM's format. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Codec from "../../../Codec.ts"
import type { XgboostDenseRow, XgboostRow } from "../../../Container.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { undecodable, unencodable, unreadableValue } from "../../codec/codecError.ts"

type Rows = ReadonlyArray<XgboostRow>

const isDense = (row: XgboostRow): row is XgboostDenseRow => Array.isArray(row) || ArrayBuffer.isView(row)

const isMissing = (value: unknown): boolean => value === null || value === undefined || Number.isNaN(value)

/** A number as Python reads it. A missing value is `nan`, because an empty line would be no row. */
const cellText = (value: unknown): string | undefined => {
  if (isMissing(value)) {
    return "nan"
  }
  return typeof value === "number" ? String(value).replace("Infinity", "inf") : undefined
}

const csvRow = (row: XgboostRow, index: number): Either.Either<string, string> => {
  if (!isDense(row)) {
    return Either.left(`rows[${index}]: a row by index requires the option input: "libsvm"`)
  }
  const cells = Array.from(row, cellText)
  const invalid = cells.indexOf(undefined)
  return invalid === -1 ? Either.right(cells.join(",")) : Either.left(`rows[${index}][${invalid}]: expected number`)
}

const encoder = new TextEncoder()

const encodeCsv = (rows: Rows): Either.Either<Uint8Array, CodecError> =>
  Either.mapBoth(Either.all(rows.map(csvRow)), {
    onLeft: (problem) => unencodable("text/csv", { problem, issues: [problem] }),
    onRight: (lines) => encoder.encode(lines.join("\n"))
  })

const features = (row: XgboostRow): ReadonlyArray<Codec.LibsvmFeature> =>
  (isDense(row)
    ? Array.from(row, (value, index) => ({ index, value }))
    : Object.entries(row).map(([index, value]) => ({ index: Number(index), value: value as number }))
      .toSorted((first, second) => first.index - second.index))
    .filter(({ value }) => !isMissing(value)) as ReadonlyArray<Codec.LibsvmFeature>

/** The default readers of XGBoost require a label and ignore it. */
const encodeLibsvm = (rows: Rows) => Codec.libsvm.encode(rows.map((row) => ({ label: 0, features: features(row) })))

/** Encodes rows. Responses are decoded by another codec. */
export const rowsCodec = (format: "csv" | "libsvm"): Codec.Codec<Rows> => {
  const mediaType = `text/${format}`
  const encode = (rows: Rows): Effect.Effect<Uint8Array | Codec.EncodedValue, CodecError> =>
    format === "csv" ? encodeCsv(rows) : encodeLibsvm(rows)
  return {
    mediaType,
    encode: (rows) => Effect.flatten(Effect.try({ try: () => encode(rows), catch: () => unreadableValue(mediaType) })),
    decode: (body) => Effect.fail(undecodable(mediaType, body, "rows are only encoded"))
  }
}
