/**
 * What a model's payload is, as a value: its media type, how to write it, how to read it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { declaredKeys } from "./internal/declaredKeys.ts"
import { CodecError } from "./SageMakerError.ts"

/**
 * Writes values of a type as bytes of a media type, and reads them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Codec<A, out R = never> {
  readonly mediaType: string
  readonly encode: (value: A) => Effect.Effect<Uint8Array, CodecError, R>
  readonly decode: (body: Uint8Array) => Effect.Effect<A, CodecError, R>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** What was expected and where, without what was found: keys that are the payload's own are stars. */
const issuesOf = (declared: ReadonlySet<PropertyKey>) => (error: ParseResult.ParseError): ReadonlyArray<string> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, message, path }) => {
    const keys = path.map((key) => (typeof key === "number" || declared.has(key) ? String(key) : "*"))
    const at = keys.length === 0 ? "the payload" : keys.join(".")
    const expected = /^Expected (.*?), actual /s.exec(message)?.[1]
    return _tag === "Missing"
      ? `${at} is missing`
      : expected === undefined
      ? `${at} does not fit (${_tag})`
      : `${at} must be ${expected}`
  })

const unencodable = (mediaType: string, problem: string, issues: ReadonlyArray<string> = []) =>
  new CodecError({
    message: `The value cannot be written as ${mediaType}: ${problem}`,
    mediaType,
    direction: "encode",
    issues
  })

const undecodable = (mediaType: string, body: Uint8Array, problem: string, issues: ReadonlyArray<string> = []) =>
  new CodecError({
    message: `The payload cannot be read as ${mediaType}: ${problem}`,
    mediaType,
    direction: "decode",
    issues,
    body
  })

const parse = (text: string): unknown => JSON.parse(text)

const refuseUnfinished = (_: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("a number without a JSON form")
  }
  return value
}

/** JSON of a value; a number that JSON would write as `null` is refused. */
const stringify = (value: unknown): string => {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) {
    throw new TypeError("no JSON form")
  }
  return text.includes("null") ? JSON.stringify(value, refuseUnfinished) : text
}

const utf8 = (mediaType: string, body: Uint8Array): Effect.Effect<string, CodecError> =>
  Effect.try({ try: () => decoder.decode(body), catch: () => undecodable(mediaType, body, "it is not UTF-8") })

/**
 * JSON, its shape given by a schema.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const reading = Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number }))
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const json = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec<A, R> => {
  const mediaType = "application/json"
  const encodeValue = Schema.encode(schema)
  const decodeValue = Schema.decodeUnknown(schema)
  const issuesIn = issuesOf(declaredKeys(schema.ast))
  return {
    mediaType,
    encode: (value) =>
      encodeValue(value).pipe(
        Effect.mapError((error) => {
          const issues = issuesIn(error)
          return unencodable(mediaType, issues.join("; "), issues)
        }),
        Effect.flatMap((encoded) =>
          Effect.try({
            try: () => encoder.encode(stringify(encoded)),
            catch: () => unencodable(mediaType, "it has no JSON form")
          })
        )
      ),
    decode: (body) =>
      utf8(mediaType, body).pipe(
        Effect.flatMap((text) =>
          Effect.try({ try: () => parse(text), catch: () => undecodable(mediaType, body, "it is not JSON") })
        ),
        Effect.flatMap((value) =>
          Effect.mapError(decodeValue(value), (error) => {
            const issues = issuesIn(error)
            return undecodable(mediaType, body, issues.join("; "), issues)
          })
        )
      )
  }
}

/**
 * Text in UTF-8.
 *
 * @since 0.1.0
 * @category codecs
 */
export const text: Codec<string> = {
  mediaType: "text/plain",
  encode: (value) => Effect.sync(() => encoder.encode(value)),
  decode: (body) => utf8("text/plain", body)
}

/**
 * Bytes as they are.
 *
 * @since 0.1.0
 * @category codecs
 */
export const bytes: Codec<Uint8Array> = {
  mediaType: "application/octet-stream",
  encode: Effect.succeed,
  decode: Effect.succeed
}

/**
 * The same payload under another media type.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMediaType = (mediaType: string) => <A, R>(codec: Codec<A, R>): Codec<A, R> => ({ ...codec, mediaType })
