/** Fields that the schemas of chats share. */
import * as Schema from "effect/Schema"
import { lazySchema } from "../schema/lazySchema.ts"

export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

/**
 * Keeps members that the schema does not declare, at every level below it. They are not part of the type, so that
 * TypeScript reports a misspelled member.
 */
export const keepUnknownMembers = <S extends Schema.Annotable.All>(schema: S): Schema.Annotable.Self<S> =>
  lazySchema(() => Schema.annotations(schema, { parseOptions: { onExcessProperty: "preserve" } }))
