/**
 * What a model's payload is, as a value: its media type, how to write it, how to read it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { issuesOf, undecodable, unencodable } from "./internal/codec/codecError.ts"
import * as csvTable from "./internal/codec/csv.ts"
import { parse, stringify } from "./internal/codec/json.ts"
import { jsonLinesTypes, jsonTypes, matchesMediaType, requireMediaType } from "./internal/codec/mediaTypes.ts"
import { decodeText, stripByteOrderMark } from "./internal/codec/text.ts"
import * as mediaTypes from "./protocol/payload/mediaType.ts"
import * as numpy from "./protocol/payload/npy.ts"
import type { CodecError } from "./SageMakerError.ts"

/**
 * Writes values of a type as bytes of a media type, and reads them.
 *
 * `mediaType` is what a request says it has and asks for. `reads` are the media types and ranges (`text/*`,
 * `application/*+json`) it can read; its own where none are given. `decode` is told what the payload says it is, with its
 * parameters. A codec of yours is an object with these members.
 *
 * @since 0.1.0
 * @category models
 */
export interface Codec<in out A, out R = never> {
  readonly mediaType: string
  readonly reads?: ReadonlyArray<string> | undefined
  readonly encode: (value: A) => Effect.Effect<Uint8Array, CodecError, R>
  readonly decode: (body: Uint8Array, contentType?: string) => Effect.Effect<A, CodecError, R>
}

const encoder = new TextEncoder()

const readsOf = <A, R>({ mediaType, reads }: Codec<A, R>): ReadonlyArray<string> => reads ?? [mediaType]

/** A codec for what another one reads and writes, its shape given by a schema. */
const shaped = <A, I, R, R2>(schema: Schema.Schema<A, I, R>, raw: Codec<I, R2>): Codec<A, R | R2> => {
  const encodeValue = Schema.encode(schema)
  const decodeValue = Schema.decode(schema)
  const issuesIn = issuesOf(schema.ast)
  return {
    ...raw,
    encode: (value) =>
      encodeValue(value).pipe(
        Effect.mapError((error) => {
          const issues = issuesIn(error)
          return unencodable(raw.mediaType, issues.join("; "), issues)
        }),
        Effect.flatMap(raw.encode)
      ),
    decode: (body, contentType) =>
      Effect.flatMap(raw.decode(body, contentType), (value) =>
        Effect.mapError(decodeValue(value), (error) => {
          const issues = issuesIn(error)
          return undecodable(raw.mediaType, body, issues.join("; "), issues)
        }))
  }
}

/** A codec of a text: `read` and `write` throw where there is no such text. */
const textual = <A>(
  mediaType: string,
  reads: ReadonlyArray<string>,
  { name, read, write }: {
    readonly name: string
    readonly read: (text: string) => A
    readonly write: (value: A) => string
  }
): Codec<A> => ({
  mediaType,
  reads,
  encode: (value) =>
    Effect.try({
      try: () => encoder.encode(write(value)),
      catch: () => unencodable(mediaType, `it has no ${name} form`)
    }),
  decode: (body) =>
    Effect.flatMap(decodeText(mediaType, body, undefined), (text) =>
      Effect.try({
        try: () => read(stripByteOrderMark(text)),
        catch: () => undecodable(mediaType, body, `it is not ${name}`)
      }))
})

/**
 * JSON, its shape given by a schema.
 *
 * Reads `application/json` and every `application/*+json`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const reading = Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number }))
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const json = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec<A, R> =>
  shaped(
    schema,
    textual<I>("application/json", jsonTypes, {
      name: "JSON",
      read: (text) => parse(text) as I,
      write: stringify
    })
  )

/**
 * JSON Lines: a list, each element one line of JSON.
 *
 * Writes `application/jsonlines`, as SageMaker's containers call it, without a newline after the last line; reads
 * `application/x-ndjson` and its like too. Blank lines are skipped.
 *
 * @since 0.1.0
 * @category codecs
 */
export const jsonLines = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec<ReadonlyArray<A>, R> =>
  shaped(
    Schema.Array(schema),
    textual<ReadonlyArray<I>>("application/jsonlines", jsonLinesTypes, {
      name: "JSON Lines",
      read: (text) => text.split("\n").filter((line) => line.trim() !== "").map((line) => parse(line) as I),
      write: (values) => values.map(stringify).join("\n")
    })
  )

/**
 * What a cell of a table holds; an empty one is `null`, `undefined` or left out.
 *
 * @since 0.1.0
 * @category models
 */
export type CsvCell = string | number | boolean | null | undefined

/**
 * A row of a table: named cells, cells in order, or a cell alone.
 *
 * @since 0.1.0
 * @category models
 */
export type CsvRow = { readonly [column: string]: CsvCell } | ReadonlyArray<CsvCell> | CsvCell

/**
 * Settings of CSV.
 *
 * - `header`: whether the first line names the columns (not by default, as SageMaker's algorithms want it); a response
 *   that says `text/csv; header=present` or `header=absent` decides for itself.
 * - `delimiter`: what stands between cells, a comma by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface CsvOptions {
  readonly header?: boolean | undefined
  readonly delimiter?: "," | ";" | "\t" | "|" | undefined
}

/**
 * CSV (RFC 4180), its columns given by a schema.
 *
 * A struct, a tuple, a list of scalars or a scalar is one row; a list of structs, tuples or lists is many. Without a header
 * the cells of a struct stand in the order of its members; with one they are found by name, and columns the schema does
 * not name are passed over. Cells are read as what the schema's encoded side has: text, numbers (`NaN`, `inf` too),
 * booleans; an empty cell is `undefined` or `null` where those are allowed. Lines end in LF, with none after the last.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })
 *
 * export const reading = Codec.csv(Reading)
 * export const readings = Codec.csv(Schema.Array(Reading), { header: true })
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const csv = <A, I extends CsvRow | ReadonlyArray<CsvRow>, R>(
  schema: Schema.Schema<A, I, R>,
  { delimiter = ",", header = false }: CsvOptions = {}
): Codec<A, R> => {
  const mediaType = "text/csv"
  const table = csvTable.tableOf(schema.ast)
  const raw: Codec<I> = {
    mediaType,
    encode: (value) =>
      Either.mapBoth(csvTable.write(table, value, { header, delimiter }), {
        onLeft: (problem) => unencodable(mediaType, problem),
        onRight: (text) => encoder.encode(text)
      }),
    decode: (body, contentType) =>
      Either.flatMap(decodeText(mediaType, body, contentType), (text) => {
        const said = mediaTypes.parse(contentType ?? "")?.parameters.get("header")?.toLowerCase()
        const format = { delimiter, header: said === "present" || (header && said !== "absent") }
        return Either.mapBoth(csvTable.read(table, stripByteOrderMark(text), format), {
          onLeft: (problem) => undecodable(mediaType, body, problem),
          onRight: (value) => value as I
        })
      })
  }
  return shaped(schema, raw)
}

/**
 * Text: written in UTF-8, read in the character set its media type names.
 *
 * @since 0.1.0
 * @category codecs
 */
export const text: Codec<string> = {
  mediaType: "text/plain",
  reads: ["text/*"],
  encode: (value) => Effect.sync(() => encoder.encode(value)),
  decode: (body, contentType) => decodeText("text/plain", body, contentType)
}

/**
 * Bytes as they are, of any media type.
 *
 * @since 0.1.0
 * @category codecs
 */
export const bytes: Codec<Uint8Array> = {
  mediaType: "application/octet-stream",
  reads: ["*/*"],
  encode: Effect.succeed,
  decode: Effect.succeed
}

/**
 * An array of numbers in C order, the last index running fastest.
 *
 * `dtype` is numpy's name of the type. `data` is the typed array of that type; `float16` is kept in a `Float32Array`,
 * `bool` in a `Uint8Array` of 0 and 1, `int64` and `uint64` in arrays of `bigint`.
 *
 * @since 0.1.0
 * @category models
 */
export type NdArray = numpy.NdArray

/**
 * numpy's name of a type of numbers.
 *
 * @since 0.1.0
 * @category models
 */
export type Dtype = numpy.Dtype

/**
 * Makes an array from its numbers: of one dimension and the type of its data, unless said otherwise.
 *
 * What does not fit together fails with `CodecError` when the array is written.
 *
 * @example
 * ```ts
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const matrix = Codec.ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const ndarray = (
  data: NdArray["data"],
  options: { readonly shape?: ReadonlyArray<number> | undefined; readonly dtype?: Dtype | undefined } = {}
): NdArray =>
  ({
    dtype: options.dtype ?? numpy.dtypeOf(data),
    shape: options.shape ?? [data.length],
    data
  }) as NdArray

/**
 * NPY, numpy's own format.
 *
 * Writes what `numpy.save` writes. Reads versions 1 to 3, in either byte order, in C and Fortran order (which becomes C).
 *
 * @since 0.1.0
 * @category codecs
 */
export const npy: Codec<NdArray> = {
  mediaType: "application/x-npy",
  reads: ["application/x-npy", "application/npy"],
  encode: (array) =>
    Effect.suspend(() => {
      const problem = numpy.problemOf(array)
      return problem === undefined
        ? Effect.succeed(numpy.write(array))
        : Effect.fail(unencodable("application/x-npy", problem))
    }),
  decode: (body) =>
    Effect.suspend(() => {
      const array = numpy.read(body)
      return typeof array === "string"
        ? Effect.fail(undecodable("application/x-npy", body, array))
        : Effect.succeed(array)
    })
}

/**
 * The same payload under another media type, which it reads besides its own.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMediaType = (mediaType: string) => <A, R>(codec: Codec<A, R>): Codec<A, R> => ({
  ...codec,
  mediaType,
  reads: [mediaType, ...readsOf(codec)]
})

/**
 * The same codec, reading these media types or ranges too: for models that call their answer something else.
 *
 * @since 0.1.0
 * @category combinators
 */
export const alsoReads = (...ranges: ReadonlyArray<string>) => <A, R>(codec: Codec<A, R>): Codec<A, R> => ({
  ...codec,
  reads: [...readsOf(codec), ...ranges]
})

/**
 * What a codec reads and writes, given a further shape by a schema.
 *
 * @example
 * ```ts
 * import { pipe, Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const score = pipe(Codec.text, Codec.compose(Schema.NumberFromString))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const compose = <A, I, R>(schema: Schema.Schema<A, I, R>) => <R2>(codec: Codec<I, R2>): Codec<A, R | R2> =>
  shaped(schema, codec)

/**
 * Several codecs of one type: it writes and asks for what the first has, and reads by the media type of the payload.
 *
 * @since 0.1.0
 * @category combinators
 */
export const oneOf = <A, R>(first: Codec<A, R>, ...others: ReadonlyArray<Codec<A, R>>): Codec<A, R> => {
  const codecs = [first, ...others]
  return {
    ...first,
    reads: codecs.flatMap(readsOf),
    decode: (body, contentType) => {
      const essence = mediaTypes.parse(contentType ?? "")?.essence
      const fitting = essence === undefined ? first : codecs.find((codec) => matchesMediaType(readsOf(codec), essence))
      return (fitting ?? first).decode(body, contentType)
    }
  }
}

/**
 * What a payload is, where it says so: `ContentType` as AWS's outputs have it.
 *
 * @since 0.1.0
 * @category models
 */
export interface EncodedPayload {
  readonly Body: Uint8Array
  readonly ContentType?: string | undefined
}

/**
 * Reads a payload as what it says it is.
 *
 * A media type the codec does not read fails with `CodecError`. A payload that does not say what it is, or only
 * `application/octet-stream` or `text/plain`, is read as what the codec asks for.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, invokeEndpoint } from "effect-sagemaker-runtime"
 *
 * export const answer = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   Effect.flatMap(Codec.decode(Codec.json(Schema.Struct({ score: Schema.Number }))))
 * )
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode =
  <A, R>(codec: Codec<A, R>) => ({ Body, ContentType }: EncodedPayload): Effect.Effect<A, CodecError, R> =>
    Effect.zipRight(
      requireMediaType(readsOf(codec), ContentType, Body),
      Effect.suspend(() => codec.decode(Body, ContentType))
    )
