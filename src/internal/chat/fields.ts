/** Fields that the schemas of chats share. */
import * as Schema from "effect/Schema"

export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

/**
 * Keeps members that the schema does not declare, at every level below it. They are not part of the type, so that
 * TypeScript reports a misspelled member.
 */
export const keepUnknownMembers = { parseOptions: { onExcessProperty: "preserve" } } as const
