/** Constructors of `CodecError`. A message never contains a value, because a payload can be confidential. */
import { CodecError } from "../../SageMakerError.ts"

/** Where a payload is invalid. */
export interface Place {
  readonly line?: number | undefined
  readonly row?: number | undefined
}

/** Why a payload is invalid, and where. */
export interface Problem extends Place {
  readonly problem: string
  readonly issues?: ReadonlyArray<string> | undefined
}

const toProblem = (problem: string | Problem, issues?: ReadonlyArray<string>): Problem =>
  typeof problem === "string" ? { problem, issues } : problem

type Fields = ConstructorParameters<typeof CodecError>[0]

/** Omits the fields that are `undefined`, so that they are not printed. */
const make = (fields: { readonly [K in keyof Fields]: Fields[K] | undefined }): CodecError =>
  new CodecError(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields)

const encoding = (mediaType: string): string => `Cannot encode the value as ${mediaType}`
const decoding = (mediaType: string): string => `Cannot decode the payload as ${mediaType}`

/** The error of a value that cannot be encoded in a media type. */
export const unencodable = (
  mediaType: string,
  problem: string | Problem,
  issues?: ReadonlyArray<string>
): CodecError => {
  const { problem: text, ...fields } = toProblem(problem, issues)
  return make({ message: `${encoding(mediaType)}: ${text}`, mediaType, direction: "encode", ...fields })
}

/** The error of a value whose members throw when they are read. */
export const unreadableValue = (mediaType: string): CodecError => unencodable(mediaType, "the value cannot be read")

/** The error of a payload that is invalid in a media type. */
export const undecodable = (
  mediaType: string,
  body: Uint8Array,
  problem: string | Problem,
  issues?: ReadonlyArray<string>
): CodecError => {
  const { problem: text, ...fields } = toProblem(problem, issues)
  return make({ message: `${decoding(mediaType)}: ${text}`, mediaType, direction: "decode", ...fields, body })
}

/** The error of a response stream that is invalid in a media type. `body` is the invalid line, if there is one. */
export const undecodableStream = (mediaType: string, problem: string, body?: Uint8Array): CodecError =>
  make({ message: `Cannot decode the stream as ${mediaType}: ${problem}`, mediaType, direction: "decode", body })

/** The error of an event whose data is invalid in a dialect of token streams. */
export const undecodableEvent = (
  dialect: string,
  mediaType: string,
  text: string,
  issues: ReadonlyArray<string>
): CodecError =>
  new CodecError({
    message: `Cannot decode an event of the stream as ${dialect}: ${issues.join("; ")}`,
    mediaType,
    direction: "decode",
    issues,
    body: new TextEncoder().encode(text)
  })

/** The error of a payload with a media type that is not accepted. */
export const unsupportedMediaType = (
  mediaType: string | undefined,
  accepted: ReadonlyArray<string>,
  body: Uint8Array | undefined
): CodecError => {
  const found = mediaType === undefined ? "with an invalid content type" : `of media type ${mediaType}`
  return make({
    message: `Cannot decode a payload ${found}: expected ${accepted.join(", ")}`,
    mediaType: mediaType ?? "",
    direction: "decode",
    body
  })
}

const copyWith = (error: CodecError, changed: Partial<Fields>): CodecError => {
  const { body, direction, endpoint, issues, line, mediaType, message, requestId, row } = error
  return make({ message, mediaType, direction, issues, line, row, endpoint, requestId, body, ...changed })
}

/** Adds the endpoint and the request ID of a call to the error of its codec. */
export const withOrigin = (endpoint: string, requestId?: string) => <E>(error: E): E | CodecError =>
  error instanceof CodecError ? copyWith(error, { endpoint, requestId }) : error

const rowNumber = /(^|[:;] )(row) (\d+)\b/g
const lineNumber = /(^|[:;] | at )(line) (\d+)\b/g

/** The error of a part of a payload, with its place in the whole payload. */
const movePlace = (error: CodecError, place: "line" | "row", pattern: RegExp, before: number): CodecError => {
  const move = (text: string) =>
    text.replaceAll(pattern, (_, start: string, name: string, at: string) => `${start}${name} ${Number(at) + before}`)
  const { [place]: at, issues, message } = error
  return copyWith(error, {
    message: move(message),
    issues: issues.map(move),
    ...(at === undefined ? {} : { [place]: at + before })
  })
}

/** The error of a part of a table, with the row in the whole table. */
export const afterRows = (error: CodecError, rows: number): CodecError => movePlace(error, "row", rowNumber, rows)

/** The error of some lines, with the line in the whole text. */
export const afterLines = (error: CodecError, lines: number): CodecError => movePlace(error, "line", lineNumber, lines)

/** The error of a codec whose media type was replaced, with the new one. */
export const withMediaTypeOf = (
  error: CodecError,
  codec: { readonly mediaType: string },
  mediaType: string
): CodecError => {
  const described = error.direction === "encode" ? encoding : decoding
  const before = described(codec.mediaType)
  return error.mediaType === codec.mediaType && error.message.startsWith(before)
    ? copyWith(error, { mediaType, message: described(mediaType) + error.message.slice(before.length) })
    : error
}
