/** JSON as Python containers read and write it: with `NaN`, `Infinity` and integers of any size. */
import * as Schema from "effect/Schema"
import * as Codec from "../../Codec.ts"

// Until the options of `Codec.json` exist.
const json = Codec.json as <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  options: { readonly nonFinite?: boolean; readonly largeIntegers?: "round" | "bigint" }
) => Codec.Codec<A, R>

/** Encodes and decodes JSON with a schema. Non-finite numbers are allowed. */
export const wireJson = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec.Codec<A, R> =>
  json(schema, { nonFinite: true })

/** JSON of a type whose other members are kept, although the type does not name them. */
export const openJson = <A>() => <T, I, R>(schema: Schema.Schema<T, I, R>): Codec.Codec<A, R> =>
  wireJson(schema) as unknown as Codec.Codec<A, R>

/** JSON without a schema. Integers that a number cannot represent are `bigint`s. */
export const anyJson: Codec.Codec<unknown> = /*#__PURE__*/ json(Schema.Unknown, {
  nonFinite: true,
  largeIntegers: "bigint"
})

/** A struct that keeps the members that it does not declare. */
export const open = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.Struct(fields, Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** Any JSON value. `Schema.Unknown` also accepts a missing member. */
export const present: Schema.Schema<unknown> = /*#__PURE__*/ Schema.Unknown.pipe(
  /*#__PURE__*/ Schema.filter((value): boolean => value !== undefined, { identifier: "a value" })
)

export const isRecord = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
