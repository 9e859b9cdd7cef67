/** Codecs whose values are described by a schema. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Codec } from "../../Codec.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { undecodable, unencodable } from "./codecError.ts"
import { assignsAnyKey, hasPrototypeKey } from "./prototypeKey.ts"
import { schemaIssues } from "./schemaIssues.ts"

const tooDeep = "the value is nested too deeply"
const unreadable = "the value cannot be read"
const throwing = "the schema throws an error"
const prototypeKey = "a member must not be named __proto__"

/** JavaScript engines do not agree on the class of this error. */
const isStackOverflow = (defect: unknown): boolean => {
  try {
    return defect instanceof Error && /call stack|recursion/i.test(defect.message)
  } catch {
    return false
  }
}

/**
 * A schema throws if a value contains itself or is nested very deeply, if a member of the value throws, and if a function
 * of the schema throws. The thrown text can repeat the value, so it is dropped.
 */
const catchThrown =
  (thrown: string, toError: (problem: string) => CodecError) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | CodecError, R> =>
    Effect.catchAllDefect(
      effect,
      (defect) => Effect.fail(toError(isStackOverflow(defect) ? tooDeep : thrown))
    )

/** Adds a schema to a codec of its encoded side. */
export const withSchema = <A, I, R, R2>(schema: Schema.Schema<A, I, R>, codec: Codec<I, R2>): Codec<A, R | R2> => {
  const { mediaType } = codec
  const encodeValue = Schema.encode(schema)
  const decodeValue = Schema.decode(schema)
  const issuesOf = schemaIssues(schema.ast)
  const losesKey = assignsAnyKey(schema.ast) ? hasPrototypeKey : () => false
  const encode = (value: A): Effect.Effect<I, CodecError, R> =>
    losesKey(value)
      ? Effect.fail(unencodable(mediaType, prototypeKey))
      : Effect.mapError(encodeValue(value), (error) => {
        const issues = issuesOf(error)
        return unencodable(mediaType, issues.join("; "), issues)
      })
  const decode = (value: I, body: Uint8Array): Effect.Effect<A, CodecError, R> =>
    losesKey(value)
      ? Effect.fail(undecodable(mediaType, body, prototypeKey))
      : Effect.mapError(decodeValue(value), (error) => {
        const issues = issuesOf(error)
        return undecodable(mediaType, body, issues.join("; "), issues)
      })
  return {
    ...codec,
    encode: (value) =>
      Effect.suspend(() => encode(value)).pipe(
        catchThrown(unreadable, (problem) => unencodable(mediaType, problem)),
        Effect.flatMap(codec.encode)
      ),
    decode: (body, contentType) =>
      Effect.flatMap(codec.decode(body, contentType), (value) =>
        Effect.suspend(() => decode(value, body)).pipe(
          catchThrown(throwing, (problem) => undecodable(mediaType, body, problem))
        ))
  }
}
