/** Schemas of members that a container can omit, send as `null`, or add in a later version. */
import * as Schema from "effect/Schema"

const unknownMembers = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** A member that containers omit or send as `null`. */
export const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** An object that keeps the members that it does not declare. */
export const open = <Fields extends Schema.Struct.Fields>(fields: Fields) => Schema.Struct(fields, unknownMembers)

/** One value or a list of values. */
export const oneOrMany = <A, I>(schema: Schema.Schema<A, I>) => Schema.Union(schema, Schema.Array(schema))

/** The text or the token IDs of one input, or of several inputs. */
export const textOrTokens = Schema.Union(
  Schema.String,
  Schema.Array(Schema.String),
  Schema.Array(Schema.Number),
  Schema.Array(Schema.Array(Schema.Number))
)
