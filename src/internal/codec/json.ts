/** JSON and JSON Lines without a schema. */
import * as Effect from "effect/Effect"
import type { Codec } from "../../Codec.ts"
import { stripFromText } from "../../protocol/bytes/byteOrderMark.ts"
import { nonBlankLines } from "../../protocol/bytes/lines.ts"
import { parseJson } from "../../protocol/payload/json.ts"
import { decodeText } from "./charset.ts"
import { undecodable, unencodable } from "./codecError.ts"
import { jsonLinesTypes, jsonTypes } from "./mediaTypes.ts"

const rejectNonFinite = (_: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("a non-finite number has no JSON representation")
  }
  return value
}

/**
 * Writes a value as JSON. Throws if the value has no JSON representation or contains a non-finite number.
 *
 * `JSON.stringify` writes a non-finite number as `null`. The slower check runs only if the text contains `null`.
 */
const stringify = (value: unknown): string => {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) {
    throw new TypeError("the value has no JSON representation")
  }
  return text.includes("null") ? JSON.stringify(value, rejectNonFinite) : text
}

const encoder = new TextEncoder()

interface TextFormat<A> {
  readonly name: string
  readonly mediaType: string
  readonly reads: ReadonlyArray<string>
  /** Throws for invalid text. */
  readonly parse: (text: string) => A
  /** Throws if the value has no representation. */
  readonly stringify: (value: A) => string
}

const textCodec = <A>(format: TextFormat<A>): Codec<A> => ({
  mediaType: format.mediaType,
  reads: format.reads,
  encode: (value) =>
    Effect.try({
      try: () => encoder.encode(format.stringify(value)),
      catch: () => unencodable(format.mediaType, `the value has no ${format.name} representation`)
    }),
  decode: (body) =>
    Effect.flatMap(decodeText(format.mediaType, body, undefined), (text) =>
      Effect.try({
        try: () => format.parse(stripFromText(text)),
        catch: () => undecodable(format.mediaType, body, `invalid ${format.name}`)
      }))
})

export const jsonText = <I>(): Codec<I> =>
  textCodec({
    name: "JSON",
    mediaType: "application/json",
    reads: jsonTypes,
    parse: (text) => parseJson(text) as I,
    stringify
  })

export const jsonLinesText = <I>(): Codec<ReadonlyArray<I>> =>
  textCodec<ReadonlyArray<I>>({
    name: "JSON Lines",
    mediaType: "application/jsonlines",
    reads: jsonLinesTypes,
    parse: (text) => nonBlankLines(text).map((line) => parseJson(line) as I),
    stringify: (values) => values.map(stringify).join("\n")
  })
