/** Codecs whose values are described by a schema. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Codec } from "../../Codec.ts"
import { undecodable, unencodable } from "./codecError.ts"
import { schemaIssues } from "./schemaIssues.ts"

/** Adds a schema to a codec of its encoded side. */
export const withSchema = <A, I, R, R2>(schema: Schema.Schema<A, I, R>, codec: Codec<I, R2>): Codec<A, R | R2> => {
  const encodeValue = Schema.encode(schema)
  const decodeValue = Schema.decode(schema)
  const issuesOf = schemaIssues(schema.ast)
  return {
    ...codec,
    encode: (value) =>
      encodeValue(value).pipe(
        Effect.mapError((error) => {
          const issues = issuesOf(error)
          return unencodable(codec.mediaType, issues.join("; "), issues)
        }),
        Effect.flatMap(codec.encode)
      ),
    decode: (body, contentType) =>
      Effect.flatMap(codec.decode(body, contentType), (value) =>
        Effect.mapError(decodeValue(value), (error) => {
          const issues = issuesOf(error)
          return undecodable(codec.mediaType, body, issues.join("; "), issues)
        }))
  }
}
