/** Schemas of members that a container can omit, send as `null`, or add in a later version. */
import * as Schema from "effect/Schema"
import * as Codec from "../../../Codec.ts"
import { lazySchema } from "../../schema/lazySchema.ts"

/** One value or a list of values. */
export const oneOrMany = <A, I>(schema: Schema.Schema<A, I>) => Schema.Union(schema, Schema.Array(schema))

/** The text or the token IDs of one input, or of several inputs. */
export const textOrTokens = lazySchema(() =>
  Schema.Union(
    Schema.String,
    Schema.Array(Schema.String),
    Schema.Array(Schema.Number),
    Schema.Array(Schema.Array(Schema.Number))
  )
)

/** A seed of 64 bits. A number cannot represent each one beyond 2^53. */
export const seed = lazySchema(() => Schema.Union(Schema.Number, Schema.BigIntFromSelf))

/** JSON with numbers that Python writes, and with exact seeds. */
export const generationJson = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec.Codec<A, R> =>
  Codec.json(schema, { nonFinite: true, largeIntegers: "bigint" })
