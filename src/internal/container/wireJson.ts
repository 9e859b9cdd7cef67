/** JSON as Python containers read and write it: with `NaN`, `Infinity` and integers of any size. */
import * as Schema from "effect/Schema"
import * as Codec from "../../Codec.ts"
import { lazySchema } from "../schema/lazySchema.ts"

/** Encodes and decodes JSON with a schema. Non-finite numbers are allowed. */
export const wireJson = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec.Codec<A, R> =>
  Codec.json(schema, { nonFinite: true })

/** JSON of a type whose other members are kept, although the type does not name them. */
export const openJson = <A>() => <T, I, R>(schema: Schema.Schema<T, I, R>): Codec.Codec<A, R> =>
  wireJson(schema) as unknown as Codec.Codec<A, R>

/** JSON without a schema. Integers that a number cannot represent are `bigint`s. */
export const anyJson: Codec.Codec<unknown> = /*#__PURE__*/ Codec.json(Schema.Unknown, {
  nonFinite: true,
  largeIntegers: "bigint"
})

/** Any JSON value. `Schema.Unknown` also accepts a missing member. */
export const present: Schema.Schema<unknown> = /*#__PURE__*/ lazySchema(() =>
  Schema.Unknown.pipe(Schema.filter((value): boolean => value !== undefined, { identifier: "a value" }))
)

export const isRecord = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
