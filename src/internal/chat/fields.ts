/** Fields that the schemas of chats share. */
import * as Schema from "effect/Schema"

export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

/** A member that servers omit or send as `null`. */
export const nullish = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/**
 * Keeps members that the schema does not declare, at every level below it. They are not part of the type, so that
 * TypeScript reports a misspelled member.
 */
export const keepUnknownMembers = { parseOptions: { onExcessProperty: "preserve" } } as const
