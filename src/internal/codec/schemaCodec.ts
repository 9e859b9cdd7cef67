/** Codecs whose values are described by a schema. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Codec } from "../../Codec.ts"
import { undecodable, unencodable } from "./codecError.ts"
import { schemaIssues } from "./schemaIssues.ts"

const tooDeep = "the value is nested too deeply"

/** JavaScript engines do not agree on the class of this error. */
const isStackOverflow = (defect: unknown): boolean =>
  defect instanceof Error && /call stack|recursion/i.test(defect.message)

/** A recursive schema exhausts the stack if its value is nested very deeply or contains itself. */
const catchStackOverflow =
  <E2>(toError: () => E2) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, R> =>
    Effect.catchSomeDefect(
      effect,
      (defect) => (isStackOverflow(defect) ? Option.some(Effect.fail(toError())) : Option.none())
    )

/** Adds a schema to a codec of its encoded side. */
export const withSchema = <A, I, R, R2>(schema: Schema.Schema<A, I, R>, codec: Codec<I, R2>): Codec<A, R | R2> => {
  const encodeValue = Schema.encode(schema)
  const decodeValue = Schema.decode(schema)
  const issuesOf = schemaIssues(schema.ast)
  return {
    ...codec,
    encode: (value) =>
      Effect.suspend(() => encodeValue(value)).pipe(
        Effect.mapError((error) => {
          const issues = issuesOf(error)
          return unencodable(codec.mediaType, issues.join("; "), issues)
        }),
        catchStackOverflow(() => unencodable(codec.mediaType, tooDeep)),
        Effect.flatMap(codec.encode)
      ),
    decode: (body, contentType) =>
      Effect.flatMap(codec.decode(body, contentType), (value) =>
        Effect.suspend(() => decodeValue(value)).pipe(
          Effect.mapError((error) => {
            const issues = issuesOf(error)
            return undecodable(codec.mediaType, body, issues.join("; "), issues)
          }),
          catchStackOverflow(() => undecodable(codec.mediaType, body, tooDeep))
        ))
  }
}
