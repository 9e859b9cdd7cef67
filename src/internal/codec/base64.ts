/** The schema of Base64 text, without the text in its errors. */
import { decodeBase64, encodeBase64 } from "#base64"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { lazySchema } from "../schema/lazySchema.ts"

const dataUrlStart = /^[\t\n\f\r ]*data:[^,]{0,1024};base64,/i

const whitespace = /[\t\n\f\r ]+/g

/** Data URLs and text of encoders that break lines are rare, so they are decoded in a second attempt. */
const decodeText = (text: string): Uint8Array | undefined =>
  decodeBase64(text) ?? decodeBase64(text.replace(dataUrlStart, "").replace(whitespace, ""))

const problemOf = (text: string): string => {
  const start = dataUrlStart.exec(text)?.[0].length ?? 0
  const at = text.slice(start).search(/[^A-Za-z0-9+/_\-=\t\n\f\r ]/)
  return at < 0 ? "invalid length or padding" : `invalid character at position ${start + at}`
}

/** The issue contains the length of the value in place of the value. */
const issue = (expected: string, actual: string): ParseResult.Type =>
  new ParseResult.Type(Schema.String.annotations({ identifier: expected }).ast, actual)

const invalidText = (text: string): ParseResult.Type =>
  issue(`Base64 text (${problemOf(text)})`, `text of ${text.length} characters`)

const tooLong = (bytes: Uint8Array): ParseResult.Type =>
  issue("Base64 text that fits into one string", `${bytes.length} bytes`)

export const Base64: Schema.Schema<Uint8Array, string> = lazySchema(() =>
  Schema.transformOrFail(
    Schema.String.annotations({ identifier: "Base64 text", jsonSchema: { type: "string", contentEncoding: "base64" } }),
    Schema.Uint8ArrayFromSelf,
    {
      strict: true,
      decode: (text) => Either.fromNullable(decodeText(text), () => invalidText(text)),
      encode: (bytes) => Either.try({ try: () => encodeBase64(bytes), catch: () => tooLong(bytes) })
    }
  ).annotations({ identifier: "Base64" })
)
