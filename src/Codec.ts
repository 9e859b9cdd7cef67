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
import { unencodable } from "./internal/codec/codecError.ts"
import { csvTable } from "./internal/codec/csv/codec.ts"
import { encodeValue, withoutContentType } from "./internal/codec/encodedValue.ts"
import { jsonLinesText, jsonText } from "./internal/codec/json.ts"
import { matchesMediaType, readPayload, readsOf, requireMediaType } from "./internal/codec/mediaTypes.ts"
import { npyCodec } from "./internal/codec/npy.ts"
import { withSchema } from "./internal/codec/schemaCodec.ts"
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
 * Encodes and decodes JSON with a schema.
 *
 * Writes `application/json`. Reads `application/json` and `application/*+json`, with or without a byte order mark. A
 * non-finite number fails with `CodecError`. So does a member named `__proto__`, if the schema has a record or keeps
 * unknown members: the schema would change a prototype.
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
export const json = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec<A, R> => withSchema(schema, jsonText<I>())

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
export const jsonLines = <A, I, R>(schema: Schema.Schema<A, I, R>): Codec<ReadonlyArray<A>, R> =>
  withSchema(Schema.Array(schema), jsonLinesText<I>())

/**
 * The value of a CSV cell. `null` and `undefined` are an empty cell.
 *
 * @since 0.1.0
 * @category models
 */
export type CsvCell = string | number | boolean | null | undefined

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
}

/**
 * Encodes and decodes CSV (RFC 4180) with a schema of its rows.
 *
 * A struct, a tuple, a list of scalars or a scalar is one row. A list of structs, tuples or lists is one row per
 * element. Without a header, columns are in the order of the struct's fields. With a header, columns are matched by
 * name, and columns that the schema does not declare are ignored.
 *
 * The encoded side of the schema determines the type of a cell: a string, a number (including `NaN` and `inf`) or a
 * boolean. An empty cell is `undefined` or `null` if the schema allows it. Lines end with LF. There is no line end
 * after the last line. Text with more than 16,777,216 cells fails with `CodecError`.
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
): Codec<A, R> => withSchema(schema, csvTable<I>(schema.ast, { delimiter, header }))

/**
 * Encodes and decodes plain text.
 *
 * Writes `text/plain` in UTF-8. A string with a lone surrogate fails with `CodecError`. Reads `text/*` in the character set that the content type specifies, by default UTF-8.
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

/**
 * Passes bytes through unchanged.
 *
 * Writes `application/octet-stream`. Reads every media type.
 *
 * @since 0.1.0
 * @category codecs
 */
export const bytes: Codec<Uint8Array> = {
  mediaType: "application/octet-stream",
  reads: ["*/*"],
  encode: (value) =>
    ArrayBuffer.isView(value)
      ? Effect.succeed(value)
      : Effect.fail(unencodable("application/octet-stream", "the value must be a Uint8Array")),
  decode: Effect.succeed
}

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
 * A schema of bytes in a text field, such as audio or an image in JSON. It takes about as long as `Buffer` does.
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
 * Replaces the media type of a codec, also the content types of single values. The new codec still reads the previous
 * media types.
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
  encode: (value) => Effect.map(codec.encode(value), withoutContentType)
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
export const oneOf = <A, R>(first: Codec<A, R>, ...others: ReadonlyArray<Codec<A, R>>): Codec<A, R> => {
  const codecs = [first, ...others]
  const codecFor = (essence: string) => codecs.find((codec) => matchesMediaType(readsOf(codec), essence))
  return {
    ...first,
    reads: codecs.flatMap(readsOf),
    decode: (body, contentType) => {
      const essence = mediaTypes.parse(contentType ?? "")?.essence
      const selected = essence === undefined ? first : codecFor(essence) ?? first
      return selected.decode(body, contentType)
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
        Effect.zipRight(
          requireMediaType(readsOf(codec), ContentType, Body),
          Effect.suspend(() => codec.decode(Body, ContentType))
        )
    )
)
