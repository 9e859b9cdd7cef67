/**
 * Typed payloads: how to encode a value for a model and how to decode the model's response.
 *
 * @since 0.1.0
 */
import { encodeBase64 } from "#base64"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import * as base64 from "./internal/codec/base64.ts"
import { decodeText, encodeText } from "./internal/codec/charset.ts"
import { unencodable, withMediaTypeOf } from "./internal/codec/codecError.ts"
import { csvTable } from "./internal/codec/csv/codec.ts"
import { encodeValue, withoutContentType } from "./internal/codec/encodedValue.ts"
import { jsonLinesText, jsonText, locateLine } from "./internal/codec/json/codec.ts"
import { libsvmCodec } from "./internal/codec/libsvm.ts"
import { matchesMediaType, mediaTypeRead, readPayload, readsOf, requireMediaType } from "./internal/codec/mediaTypes.ts"
import { npyCodec } from "./internal/codec/npy.ts"
import { withSchema } from "./internal/codec/schemaCodec.ts"
import { lazySchema } from "./internal/schema/lazySchema.ts"
import * as mediaTypes from "./protocol/payload/mediaType.ts"
import * as internal from "./protocol/payload/ndArray.ts"
import type { CodecError } from "./SageMakerError.ts"

/**
 * An encoded value with its own content type or custom attributes, for codecs whose media type depends on the value.
 *
 * @since 0.1.0
 * @category models
 */
export interface EncodedValue {
  /** The bytes of the payload. */
  readonly body: Uint8Array
  /** The content type of the payload, with its parameters. Default: the codec's `mediaType`. */
  readonly contentType?: string | undefined
  /** The `CustomAttributes` of the request: ASCII, at most 1,024 characters. Default: none. */
  readonly customAttributes?: string | undefined
}

/**
 * Encodes values of a type as the bytes of a media type, and decodes them.
 *
 * A custom codec is an object with these members.
 *
 * @since 0.1.0
 * @category models
 */
export interface Codec<in out A, out R = never> {
  /** The media type of encoded values. `ModelEndpoint` sends it as `ContentType` and as `Accept`. */
  readonly mediaType: string
  /** Media types and ranges (`text/*`, `application/*+json`) that the codec can decode. Default: `mediaType` only. */
  readonly reads?: ReadonlyArray<string> | undefined
  /**
   * Encodes a value as bytes, or as bytes with their own content type. Fails with `CodecError` if the value has no
   * representation in the media type.
   */
  readonly encode: (value: A) => Effect.Effect<Uint8Array | EncodedValue, CodecError, R>
  /**
   * Decodes a payload. `contentType` is the payload's content type with its parameters, if there is one. Fails with
   * `CodecError` if the payload is invalid.
   */
  readonly decode: (body: Uint8Array, contentType?: string) => Effect.Effect<A, CodecError, R>
}

/**
 * Options of `Codec.json` and `Codec.jsonLines`, for numbers that JSON does not have or that JavaScript rounds.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonOptions {
  /**
   * Whether `NaN`, `Infinity` and `-Infinity` are numbers, as in the JSON that Python writes. Default: `false`, they are
   * invalid in both directions.
   */
  readonly nonFinite?: boolean | undefined
  /**
   * How integers beyond 2^53 are decoded. `round`: the nearest number. `bigint`: the schema decides. Where it has
   * `Schema.BigIntFromSelf`, every integer is a `bigint`, a small one too. Where it has `Schema.Number`, every integer is
   * a number. Where it accepts both or anything, an integer beyond 2^53 is a `bigint`. A `bigint` is written as an
   * integer. An integer of more than 4,300 digits fails with `CodecError`. Default: `round`.
   */
  readonly largeIntegers?: "round" | "bigint" | undefined
}

const numbersOf = ({ largeIntegers = "round", nonFinite = false }: JsonOptions) => ({ largeIntegers, nonFinite })

/**
 * Encodes and decodes JSON with a schema.
 *
 * Writes `application/json`. Reads `application/json` and `application/*+json`, with or without a byte order mark. A
 * non-finite number fails with `CodecError` without the option `nonFinite`. So does a member named `__proto__`, if the
 * schema has a record or keeps unknown members: the schema would change a prototype.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const reading = Codec.json(Schema.Struct({ cpu: Schema.Number, load: Schema.Number }))
 *
 * export const score = Codec.json(Schema.Struct({ id: Schema.BigIntFromSelf, score: Schema.Number }), {
 *   nonFinite: true,
 *   largeIntegers: "bigint"
 * })
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const json = <A, I, R>(schema: Schema.Schema<A, I, R>, options: JsonOptions = {}): Codec<A, R> =>
  withSchema(schema, jsonText<I>(schema, numbersOf(options)))

/**
 * Encodes and decodes JSON Lines: a list with one line of JSON per element.
 *
 * Writes `application/jsonlines`, as SageMaker does, without a line end after the last line. Also reads
 * `application/jsonl`, `application/x-jsonlines`, `application/x-ndjson`, `application/ndjson` and
 * `application/json-lines`.
 *
 * Lines end with LF or CRLF. Blank lines are skipped: lines of spaces, tabs and CRs only. A line can start with a byte
 * order mark. `Framing.jsonLines` has the same rules.
 *
 * @since 0.1.0
 * @category codecs
 */
export const jsonLines = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  options: JsonOptions = {}
): Codec<ReadonlyArray<A>, R> =>
  withSchema(lazySchema(() => Schema.Array(schema)), jsonLinesText<I>(schema, numbersOf(options)), locateLine)

/**
 * The value of a CSV cell. `null` and `undefined` are an empty cell.
 *
 * @since 0.1.0
 * @category models
 */
export type CsvCell = string | number | bigint | boolean | null | undefined

/**
 * A CSV row: named cells, a list of cells, or a single cell.
 *
 * @since 0.1.0
 * @category models
 */
export type CsvRow = { readonly [column: string]: CsvCell } | ReadonlyArray<CsvCell> | CsvCell

/**
 * Options of `Codec.csv`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CsvOptions {
  /**
   * Whether the first line contains the column names. Default: `false`, which SageMaker's built-in algorithms require.
   * A `header=present` or `header=absent` parameter in the content type of a response overrides the option.
   */
  readonly header?: boolean | undefined
  /** The character between cells. Default: a comma. */
  readonly delimiter?: "," | ";" | "\t" | "|" | undefined
  /**
   * Whether the cells of one row are on one line (`row`) or on a line each (`column`), as `numpy.savetxt` writes a
   * vector. `either` reads both, and writes a row. Lists of rows, and structs with a header, are always rows. Default:
   * `row`.
   */
  readonly orientation?: "row" | "column" | "either" | undefined
}

/**
 * Encodes and decodes CSV (RFC 4180) with a schema of its rows.
 *
 * A struct, a tuple, a list of scalars or a scalar is one row. A list of structs, tuples or lists is one row per
 * element. Without a header, columns are in the order of the struct's fields. With a header, columns are matched by
 * name, and columns that the schema does not declare are ignored.
 *
 * The encoded side of the schema determines how a cell is read. A cell that the schema accepts as text is text, so a
 * union of strings and numbers reads `"007"`. Other cells are a number (also `NaN` and `inf`), a `bigint` or a boolean.
 * An empty cell is `undefined` or `null` if the schema allows it. A quoted empty cell is the empty string if the schema
 * allows it.
 *
 * A row ends with LF, CRLF or CR. Written lines end with LF, without a line end after the last line. Blank lines are
 * skipped if they cannot be a row. Text with more than 16,777,216 cells fails with `CodecError`.
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
 * export const scores = Codec.csv(Schema.Array(Schema.Number), { orientation: "either" })
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const csv = <A, I extends CsvRow | ReadonlyArray<CsvRow>, R>(
  schema: Schema.Schema<A, I, R>,
  { delimiter = ",", header = false, orientation = "row" }: CsvOptions = {}
): Codec<A, R> => {
  const { codec, locate } = csvTable<I>(schema.ast, { delimiter, header, orientation })
  return withSchema(schema, codec, locate)
}

/**
 * Encodes and decodes plain text.
 *
 * Writes `text/plain` in UTF-8. A string with a lone surrogate fails with `CodecError`. Reads `text/*` in the character
 * set of the content type, by default UTF-8.
 *
 * @since 0.1.0
 * @category codecs
 */
export const text: Codec<string> = {
  mediaType: "text/plain",
  reads: ["text/*"],
  encode: (value) => Effect.suspend(() => encodeText("text/plain", value)),
  decode: (body, contentType) => decodeText("text/plain", body, contentType)
}

const bytesOf = (mediaType: string, reads: ReadonlyArray<string>): Codec<Uint8Array> => ({
  mediaType,
  reads,
  encode: (value) =>
    ArrayBuffer.isView(value)
      ? Effect.succeed(value)
      : Effect.fail(unencodable(mediaType, "the value must be a Uint8Array")),
  decode: Effect.succeed
})

/**
 * Passes bytes through unchanged.
 *
 * Writes `application/octet-stream`. Reads every media type.
 *
 * @since 0.1.0
 * @category codecs
 */
export const bytes: Codec<Uint8Array> = bytesOf("application/octet-stream", ["*/*"])

/**
 * Passes bytes of a media type through unchanged, such as an image or a recording.
 *
 * Writes and reads the media type. A range such as `image/*` is for responses only.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * export const transcriber = ModelEndpoint.make("whisper", {
 *   request: Codec.binary("audio/wav"),
 *   response: Codec.json(Schema.Struct({ text: Schema.String }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const binary = (mediaType: string): Codec<Uint8Array> => bytesOf(mediaType, [mediaType])

/**
 * A feature of a sparse row.
 *
 * @since 0.1.0
 * @category models
 */
export interface LibsvmFeature {
  /** The index of the feature: an integer from 0 to 4,294,967,295. */
  readonly index: number
  /** The value of the feature. */
  readonly value: number
}

/**
 * A sparse row of LIBSVM's format. It has a label, a `qid` or a feature.
 *
 * @since 0.1.0
 * @category models
 */
export interface LibsvmRow {
  /** The label. A row for inference needs none. */
  readonly label?: number | undefined
  /** The group of the row, for ranking: an integer. */
  readonly qid?: number | undefined
  /** The features. No index is repeated. */
  readonly features: ReadonlyArray<LibsvmFeature>
}

/**
 * Encodes and decodes LIBSVM's sparse rows, such as `1 3:0.5 7:2`.
 *
 * Writes `text/libsvm`. Also reads `text/x-libsvm`. A first item with a colon is a feature, so a label with a weight is
 * not supported. Lines end with LF, CRLF or CR. Blank lines, and comments after `#`, are skipped. An invalid index fails
 * with `CodecError`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * export const churn = ModelEndpoint.make("churn", {
 *   request: Codec.libsvm,
 *   response: Codec.csv(Schema.Array(Schema.Number), { orientation: "either" })
 * })
 * ```
 *
 * @since 0.1.0
 * @category codecs
 */
export const libsvm: Codec<ReadonlyArray<LibsvmRow>> = libsvmCodec

/**
 * A numeric array with a shape, as in NumPy.
 *
 * `data` is in C order: the last index varies fastest. Its class depends on `dtype`:
 *
 * - `float16` uses a `Float32Array`.
 * - `bool` uses a `Uint8Array` of 0 and 1.
 * - `int64` uses a `BigInt64Array`, and `uint64` a `BigUint64Array`.
 * - Every other dtype uses the typed array of its name: `uint8` uses a `Uint8Array`.
 *
 * @since 0.1.0
 * @category models
 */
export type NdArray = internal.NdArray

/**
 * NumPy's name for an element type, such as `float32`.
 *
 * @since 0.1.0
 * @category models
 */
export type Dtype = internal.Dtype

/**
 * Makes an `NdArray` from a typed array.
 *
 * The array is validated when it is encoded: an invalid one fails with `CodecError`.
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
  options: {
    /** The length of each dimension. Default: one dimension with all elements. */
    readonly shape?: ReadonlyArray<number> | undefined
    /** The element type. Default: the type of the typed array. Required for `float16` and `bool`. */
    readonly dtype?: Dtype | undefined
  } = {}
): NdArray =>
  ({
    dtype: options.dtype ?? internal.dtypeOf(data),
    shape: options.shape ?? [data.length],
    data
  }) as NdArray

/**
 * Encodes and decodes NumPy's NPY format.
 *
 * Writes `application/x-npy`, byte for byte as `numpy.save` does. Also reads `application/npy`. Reads format versions 1
 * to 3, both byte orders, and C and Fortran order. An array in Fortran order is converted to C order.
 *
 * @since 0.1.0
 * @category codecs
 */
export const npy: Codec<NdArray> = npyCodec

/**
 * A schema of bytes in a text field, such as audio or an image in JSON.
 *
 * On Node, encoding takes less time than `Buffer` and decoding half as much again, because it validates the text
 * (`node bench/base64.js`).
 *
 * Writes the standard alphabet with padding. Reads the standard and the URL-safe alphabet, with or without padding, with
 * or without line breaks and spaces. Also reads the Base64 text of a data URL (`data:image/png;base64,…`). Any other text
 * is invalid. Errors contain the position of the invalid character, not the text.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const image = Codec.json(Schema.Struct({ prompt: Schema.String, image: Codec.Base64 }))
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const Base64: Schema.Schema<Uint8Array, string> = base64.Base64

/**
 * Makes a data URL from bytes and their media type, as in the `image_url` part of a chat message.
 *
 * @example
 * ```ts
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const imagePart = (png: Uint8Array) => ({
 *   type: "image_url" as const,
 *   image_url: { url: Codec.toDataUrl(png, "image/png") }
 * })
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const toDataUrl: {
  (mediaType: string): (data: Uint8Array) => string
  (data: Uint8Array, mediaType: string): string
} = dual(2, (data: Uint8Array, mediaType: string): string => `data:${mediaType};base64,${encodeBase64(data)}`)

/**
 * Replaces the media type of a codec.
 *
 * It also replaces the content types of single values. The new codec still reads the previous media types.
 *
 * @example
 * ```ts
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const rows = Codec.withMediaType(Codec.text, "text/csv")
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withMediaType: {
  (mediaType: string): <A, R>(codec: Codec<A, R>) => Codec<A, R>
  <A, R>(codec: Codec<A, R>, mediaType: string): Codec<A, R>
} = dual(2, <A, R>(codec: Codec<A, R>, mediaType: string): Codec<A, R> => ({
  ...codec,
  mediaType,
  reads: [mediaType, ...readsOf(codec)],
  encode: (value) =>
    Effect.mapBoth(Effect.suspend(() => codec.encode(value)), {
      onFailure: (error) => withMediaTypeOf(error, codec, mediaType),
      onSuccess: withoutContentType
    }),
  decode: (body, contentType) =>
    Effect.mapError(
      Effect.suspend(() => codec.decode(body, contentType)),
      (error) => mediaTypeRead(mediaType, contentType) === mediaType ? withMediaTypeOf(error, codec, mediaType) : error
    )
}))

/**
 * Adds media types or ranges that a codec reads, for a model whose responses have another media type.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const scores = Codec.alsoReads(Codec.json(Schema.Array(Schema.Number)), "text/html")
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const alsoReads: {
  (...ranges: ReadonlyArray<string>): <A, R>(codec: Codec<A, R>) => Codec<A, R>
  <A, R>(codec: Codec<A, R>, ...ranges: ReadonlyArray<string>): Codec<A, R>
} = dual(
  ([first]) => typeof first === "object",
  <A, R>(codec: Codec<A, R>, ...ranges: ReadonlyArray<string>): Codec<A, R> => ({
    ...codec,
    reads: [...readsOf(codec), ...ranges]
  })
)

/**
 * Adds a schema to a codec: the codec's values are the encoded side of the schema.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Codec } from "effect-sagemaker-runtime"
 *
 * export const score = Codec.compose(Codec.text, Schema.NumberFromString)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const compose: {
  <A, I, R>(schema: Schema.Schema<A, I, R>): <R2>(codec: Codec<I, R2>) => Codec<A, R | R2>
  <A, I, R, R2>(codec: Codec<I, R2>, schema: Schema.Schema<A, I, R>): Codec<A, R | R2>
} = dual(
  2,
  <A, I, R, R2>(codec: Codec<I, R2>, schema: Schema.Schema<A, I, R>): Codec<A, R | R2> => withSchema(schema, codec)
)

/**
 * Combines codecs of one type. The content type of a payload selects the codec that decodes it.
 *
 * The first codec encodes and sets the media type. It also decodes payloads without a content type, and payloads whose
 * content type no codec reads.
 *
 * @since 0.1.0
 * @category combinators
 */
export const oneOf = <A, R, Rs extends ReadonlyArray<unknown> = []>(
  first: Codec<A, R>,
  ...others: { readonly [Position in keyof Rs]: Codec<A, Rs[Position]> }
): Codec<A, R | Rs[number]> => {
  const codecs: ReadonlyArray<Codec<A, R | Rs[number]>> = [first, ...others]
  const readerOf = (contentType: string) => {
    for (const type of mediaTypes.parseAll(contentType)) {
      const codec = codecs.find((each) => matchesMediaType(readsOf(each), type.essence))
      if (codec !== undefined) {
        return { codec, contentType: type.text }
      }
    }
    return undefined
  }
  return {
    ...first,
    reads: codecs.flatMap(readsOf),
    decode: (body, contentType) => {
      const reader = readerOf(contentType ?? "") ?? { codec: first, contentType }
      return reader.codec.decode(body, reader.contentType)
    }
  }
}

/**
 * A payload and its content type, as in the outputs of AWS's operations.
 *
 * @since 0.1.0
 * @category models
 */
export interface EncodedPayload {
  /** The bytes of the payload. */
  readonly Body: Uint8Array
  /** The content type of `Body`, with its parameters. */
  readonly ContentType?: string | undefined
  /** Additional information that the codec adds to a request. */
  readonly CustomAttributes?: string | undefined
}

/**
 * Encodes a value as the payload of a request or of an emulated response.
 *
 * Fails with `CodecError` if the value has no representation in the codec's media type.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, invokeEndpoint } from "effect-sagemaker-runtime"
 *
 * const reading = Codec.csv(Schema.Struct({ cpu: Schema.Number, load: Schema.Number }))
 *
 * export const response = Codec.encode({ cpu: 0.2, load: 17 }, reading).pipe(
 *   Effect.flatMap((payload) => invokeEndpoint({ EndpointName: "anomaly-v2", ...payload }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode: {
  <A, R>(codec: Codec<A, R>): (value: A) => Effect.Effect<EncodedPayload, CodecError, R>
  <A, R>(value: A, codec: Codec<A, R>): Effect.Effect<EncodedPayload, CodecError, R>
} = dual(
  2,
  <A, R>(value: A, codec: Codec<A, R>): Effect.Effect<EncodedPayload, CodecError, R> =>
    Effect.map(encodeValue(codec, value), (payload) => ({ ContentType: codec.mediaType, ...payload }))
)

/**
 * Decodes a payload after checking its content type.
 *
 * Fails with `CodecError` if the codec does not read the content type. A payload is also decoded if its content type is
 * missing, `application/octet-stream` or `text/plain`, because model servers use those as defaults.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Codec, invokeEndpoint } from "effect-sagemaker-runtime"
 *
 * export const response = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   Effect.flatMap(Codec.decode(Codec.json(Schema.Struct({ score: Schema.Number }))))
 * )
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode: {
  <A, R>(codec: Codec<A, R>): (payload: EncodedPayload) => Effect.Effect<A, CodecError, R>
  <A, R>(payload: EncodedPayload, codec: Codec<A, R>): Effect.Effect<A, CodecError, R>
} = dual(
  2,
  <A, R>(payload: EncodedPayload, codec: Codec<A, R>): Effect.Effect<A, CodecError, R> =>
    Effect.flatMap(
      readPayload(payload, codec.mediaType),
      ({ Body, ContentType }) =>
        Effect.flatMap(
          requireMediaType(readsOf(codec), ContentType, Body),
          (contentType) => codec.decode(Body, contentType)
        )
    )
)
