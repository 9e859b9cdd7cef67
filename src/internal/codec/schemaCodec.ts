/** Codecs whose values are described by a schema. */
import * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Codec } from "../../Codec.ts"
import { lazy } from "../../protocol/function/lazy.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { type Place, type Problem, undecodable, unencodable } from "./codecError.ts"
import { mediaTypeRead } from "./mediaTypes.ts"
import { assignsAnyKey, hasPrototypeKey } from "./prototypeKey.ts"
import { describe, type Described, describeMismatches } from "./schemaIssues.ts"

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

/** A path of a value, as its place in the payload and the path below that place. */
interface Located extends Place {
  /** The place as text, such as `row 2, column cpu`. */
  readonly place: string
  readonly path: Described["path"]
}

/** Finds the place of a path in a payload. `body` is the payload, if there is one yet. */
export type Locate = (path: Described["path"], body?: Uint8Array) => Located

const nowhere: Locate = (path) => ({ place: "", path })

const problemsOf = (ast: Schema.Schema.All["ast"], locate: Locate) => {
  const describeAll = describeMismatches(ast)
  return (error: ParseResult.ParseError, body?: Uint8Array): Problem => {
    const places: Array<Place> = []
    const issues = describeAll(error, ({ path, problem }) => {
      const { path: below, place, ...at } = locate(path, body)
      places.push(at)
      return describe(place, { path: below, problem })
    })
    return { ...places[0], problem: issues.join("; "), issues }
  }
}

/** Adds a schema to a codec of its encoded side. The schema is compiled when the codec is first used. */
export const withSchema = <A, I, R, R2>(
  schema: Schema.Schema<A, I, R>,
  codec: Codec<I, R2>,
  locate: Locate = nowhere
): Codec<A, R | R2> => {
  const { mediaType } = codec
  const encodeValue = lazy(() => Schema.encode(schema))
  const decodeValue = lazy(() => Schema.decode(schema))
  const problemOf = lazy(() => problemsOf(schema.ast, locate))
  const losesKey = lazy(() => (assignsAnyKey(schema.ast) ? hasPrototypeKey : () => false))
  const encode = (value: A): Effect.Effect<I, CodecError, R> =>
    losesKey()(value)
      ? Effect.fail(unencodable(mediaType, prototypeKey))
      : Effect.mapError(encodeValue()(value), (error) => unencodable(mediaType, problemOf()(error)))
  const decode = (
    value: I,
    body: Uint8Array,
    toError: (problem: string | Problem) => CodecError
  ): Effect.Effect<A, CodecError, R> =>
    losesKey()(value)
      ? Effect.fail(toError(prototypeKey))
      : Effect.mapError(decodeValue()(value), (error) => toError(problemOf()(error, body)))
  return {
    ...codec,
    encode: (value) =>
      Effect.suspend(() => encode(value)).pipe(
        catchThrown(unreadable, (problem) => unencodable(mediaType, problem)),
        Effect.flatMap(codec.encode)
      ),
    decode: (body, contentType) => {
      const toError = (problem: string | Problem) => undecodable(mediaTypeRead(mediaType, contentType), body, problem)
      return Effect.flatMap(
        codec.decode(body, contentType),
        (value) => Effect.suspend(() => decode(value, body, toError)).pipe(catchThrown(throwing, toError))
      )
    }
  }
}
