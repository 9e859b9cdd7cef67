/** Schemas that the presets of embedding, classification and pipeline containers share. */
import * as Schema from "effect/Schema"

/** A struct that keeps the members that it does not declare. */
export const open = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.Struct(fields, Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** A member that containers omit or send as `null`. */
export const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))
