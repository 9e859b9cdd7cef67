import * as Schema from "effect/Schema"

/** A member that containers omit or send as `null`. */
export const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))
