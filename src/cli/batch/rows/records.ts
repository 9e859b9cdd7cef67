/** The rows of the output: the position of a row with its result or its error. */
import { Codec } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { messageOf, textOfContainer } from "../../output/failure.ts"
import { anyJson } from "./requests.ts"
import type { ResponseBody } from "./responses.ts"
import type { Row } from "./row.ts"

/** The error of a row. */
export interface RowError {
  readonly _tag: string
  readonly message: string
  readonly OriginalMessage?: string
}

/** A row of the output in JSON. `name` is the file of an input folder. */
export interface JsonRecord {
  readonly index: number
  readonly name?: string
  readonly result?: unknown
  readonly error?: RowError
}

/** The row, its position and its result. */
export interface RowResult {
  readonly index: number
  readonly row: Row
  readonly result: Either.Either<unknown, unknown>
}

/** The tag and the message of an error, with the text of the container only if `verbose`. */
const errorOf = (error: unknown, verbose: boolean): RowError => {
  const text = verbose ? textOfContainer(error) : undefined
  return {
    _tag: Predicate.hasProperty(error, "_tag") ? String(error._tag) : "Error",
    message: messageOf(error),
    ...(text === undefined ? {} : { OriginalMessage: text })
  }
}

/** The row of the output in JSON. */
export const jsonRecord = ({ index, result, row }: RowResult, verbose: boolean): JsonRecord => ({
  index,
  ...(row._tag === "File" ? { name: row.file.name } : {}),
  ...Either.match(result, {
    onLeft: (error) => ({ error: errorOf(error, verbose) }),
    onRight: (value) => ({ result: value })
  })
})

/** The columns of outputs in CSV and Parquet. */
export const CellsRecord = Schema.Struct({
  index: Schema.Number,
  result: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String)
})

const jsonText = (value: unknown): string =>
  Effect.runSync(
    Codec.encode(value, anyJson).pipe(
      Effect.map(({ Body }) => new TextDecoder().decode(Body)),
      Effect.orElseSucceed(() => "")
    )
  )

/** Text as it is, another value in JSON. */
const cellOf = (value: unknown): string | null => {
  if (value === null || value === undefined) {
    return null
  }
  return typeof value === "string" ? value : jsonText(value)
}

/** The row of the output in CSV and Parquet. */
export const cellsRecord = ({ index, result }: RowResult): typeof CellsRecord.Type =>
  Either.match(result, {
    onLeft: (error) => ({ index, result: null, error: errorOf(error, false)._tag }),
    onRight: (value) => ({ index, result: cellOf(value), error: null })
  })

const extensions: Readonly<Record<string, string>> = {
  "application/json": "json",
  "application/jsonlines": "jsonl",
  "application/x-npy": "npy",
  "application/pdf": "pdf",
  "text/csv": "csv",
  "text/plain": "txt",
  "text/html": "html",
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "audio/wav": "wav",
  "audio/mpeg": "mp3"
}

const extensionOf = (contentType = ""): string => {
  const essence = (contentType.split(";")[0] ?? "").trim().toLowerCase()
  return Object.hasOwn(extensions, essence) ? extensions[essence] ?? "" : "bin"
}

/** The file of an output folder: the name of the input file, and an extension by the media type of the response. */
export const fileRecord = (
  { index, result, row }: RowResult,
  verbose: boolean
): { readonly name: string; readonly Body: Uint8Array } => {
  const name = row._tag === "File" ? row.file.name : String(index)
  return Either.match(result, {
    onLeft: (error) => ({
      name: `${name}.error.json`,
      Body: new TextEncoder().encode(`${JSON.stringify(errorOf(error, verbose))}\n`)
    }),
    onRight: (response) => {
      const { Body, ContentType } = response as ResponseBody
      return { name: `${name}.${extensionOf(ContentType)}`, Body }
    }
  })
}
