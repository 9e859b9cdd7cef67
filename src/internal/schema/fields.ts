/** Fields of JSON that servers write: members that are omitted, `null` or not declared. */
import * as Schema from "effect/Schema"
import { lazySchema } from "./lazySchema.ts"

const unknownMembers = lazySchema(() => Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** A member that servers omit or send as `null`. */
export const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** An object that keeps the members that it does not declare. Its type has them as `unknown`. */
export const open = <Fields extends Schema.Struct.Fields>(fields: Fields) => Schema.Struct(fields, unknownMembers)
