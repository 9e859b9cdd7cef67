/** JSON and JSON Lines without the transformations of a schema. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type { Codec } from "../../../Codec.ts"
import { stripFromText } from "../../../protocol/bytes/byteOrderMark.ts"
import { nonBlankLines } from "../../../protocol/bytes/lines.ts"
import { lazy } from "../../../protocol/function/lazy.ts"
import { parseJson } from "../../../protocol/json/parse.ts"
import { type JsonNumbers, JsonSyntaxError, readJson } from "../../../protocol/json/reader.ts"
import { nonFiniteProblem, writeJson } from "../../../protocol/json/writer.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { decodeText } from "../charset.ts"
import { type Problem, undecodable, unencodable } from "../codecError.ts"
import { jsonLinesTypes, jsonTypes, mediaTypeRead } from "../mediaTypes.ts"
import type { Locate } from "../schemaCodec.ts"
import { integerConversion } from "./largeIntegers.ts"

/** A run of digits that is too long for an integer below 2^53. It can also be a part of a string. */
const longInteger = /\d{16}/

/** Reads a text. Throws for an invalid one. `JSON.parse` is the fast path. */
const parse = (text: string, numbers: JsonNumbers): unknown => {
  if (numbers.largeIntegers === "bigint" && longInteger.test(text)) {
    return readJson(text, numbers)
  }
  try {
    return parseJson(text)
  } catch (error) {
    if (numbers.nonFinite) {
      return readJson(text, numbers)
    }
    throw error
  }
}

/** Why a text is invalid JSON. The error of `JSON.parse` repeats the text and differs between engines. */
const syntaxError = (text: string, numbers: JsonNumbers): JsonSyntaxError | undefined => {
  try {
    readJson(text, numbers)
  } catch (error) {
    return error instanceof JsonSyntaxError ? error : undefined
  }
  return undefined
}

const lineEnd = /\r\n|\n|\r/

/** The place of a syntax error. Lines and columns start at 1, columns count UTF-16 code units. */
const syntaxProblem = (text: string, numbers: JsonNumbers, linesBefore = 0): Problem => {
  if (text.trim() === "") {
    return { problem: "the payload is empty" }
  }
  const error = syntaxError(text, numbers)
  if (error === undefined) {
    return { problem: "invalid JSON" }
  }
  const lines = text.slice(0, error.position).split(lineEnd)
  const line = linesBefore + lines.length
  const column = lines.at(-1)!.length + 1
  return { problem: `invalid JSON at line ${line}, column ${column}: ${error.message}`, line }
}

const noText = "the value has no JSON representation"

const rejectNonFinite = (_: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError(nonFiniteProblem)
  }
  return value
}

/** `JSON.stringify` writes a non-finite number as `null`. The slower check runs only if the text contains `null`. */
const writeText = (value: unknown, { largeIntegers, nonFinite }: JsonNumbers): string | undefined => {
  if (largeIntegers === "bigint") {
    return writeJson(value, { nonFinite, bigints: true })
  }
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined || !text.includes("null")) {
    return text
  }
  return nonFinite ? writeJson(value, { nonFinite, bigints: false }) : JSON.stringify(value, rejectNonFinite)
}

/** Writes a value as JSON. Throws if the value has no JSON representation. */
const stringify = (value: unknown, numbers: JsonNumbers): string => {
  const text = writeText(value, numbers)
  if (text === undefined) {
    throw new TypeError(noText)
  }
  return text
}

const encoder = new TextEncoder()

const encodeJson = (mediaType: string, write: () => string): Effect.Effect<Uint8Array, CodecError> =>
  Effect.try({
    try: () => encoder.encode(write()),
    catch: (error) =>
      unencodable(
        mediaType,
        error instanceof RangeError && error.message === nonFiniteProblem ? nonFiniteProblem : noText
      )
  })

/** JSON is UTF-8. Other text is decoded in the character set of its content type. */
const decodeJsonText = (mediaType: string, body: Uint8Array, contentType: string | undefined) =>
  decodeText(mediaType, body, undefined).pipe(
    Either.orElse((error) => Either.mapLeft(decodeText(mediaType, body, contentType), () => error)),
    Either.map(stripFromText)
  )

type ReadText<I> = (text: string) => Either.Either<I, Problem>

const decodeWith = <I>(mediaType: string, read: ReadText<I>): Codec<I>["decode"] => (body, contentType) =>
  Effect.suspend(() => {
    const named = mediaTypeRead(mediaType, contentType)
    return Either.flatMap(
      decodeJsonText(named, body, contentType),
      (text) => Either.mapLeft(read(text), (problem) => undecodable(named, body, problem))
    )
  })

/** Reads one JSON value, with the numbers of the schema's encoded side. */
const valueReader = (schema: Schema.Schema.All, numbers: JsonNumbers): (text: string) => unknown => {
  const conversion = lazy(() => integerConversion(schema.ast))
  return numbers.largeIntegers === "bigint"
    ? (text) => conversion()(parse(text, numbers))
    : (text) => parse(text, numbers)
}

export const jsonText = <I>(schema: Schema.Schema.All, numbers: JsonNumbers): Codec<I> => {
  const mediaType = "application/json"
  const read = valueReader(schema, numbers)
  return {
    mediaType,
    reads: jsonTypes,
    encode: (value) => encodeJson(mediaType, () => stringify(value, numbers)),
    decode: decodeWith(
      mediaType,
      (text) => Either.try({ try: () => read(text) as I, catch: () => syntaxProblem(text, numbers) })
    )
  }
}

/** The number of the line with a value, from 1. Blank lines have no value. */
const lineOfValue = (text: string, index: number): number => {
  let values = 0
  const lines = text.split("\n")
  return 1 + lines.findIndex((line) => {
    values += nonBlankLines(line).length
    return values > index
  })
}

const readLines = (text: string, read: (line: string) => unknown, numbers: JsonNumbers) => {
  const values: Array<unknown> = []
  for (const line of nonBlankLines(text)) {
    try {
      values.push(read(line))
    } catch {
      return Either.left(syntaxProblem(line, numbers, lineOfValue(text, values.length) - 1))
    }
  }
  return Either.right(values)
}

/** Finds the line of a value. A value that is being encoded has no blank lines before it. */
export const locateLine: Locate = ([index, ...path], body) => {
  if (typeof index !== "number") {
    return { place: "", path: [] }
  }
  const line = body === undefined ? index + 1 : lineOfValue(new TextDecoder().decode(body), index)
  return { place: `line ${line}`, path, line }
}

/** JSON Lines. `schema` is the schema of one line. */
export const jsonLinesText = <I>(schema: Schema.Schema.All, numbers: JsonNumbers): Codec<ReadonlyArray<I>> => {
  const mediaType = "application/jsonlines"
  const read = valueReader(schema, numbers)
  return {
    mediaType,
    reads: jsonLinesTypes,
    encode: (values) => encodeJson(mediaType, () => values.map((value) => stringify(value, numbers)).join("\n")),
    decode: decodeWith(
      mediaType,
      (text) => readLines(text, read, numbers) as Either.Either<ReadonlyArray<I>, Problem>
    )
  }
}
