/** CSV and JSON Lines. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { CsvFileRow, StreamFormat } from "../../../../Batch.ts"
import * as Codec from "../../../../Codec.ts"
import { concat } from "../../../../protocol/bytes/bytes.ts"
import * as lines from "../../../../protocol/bytes/lines.ts"
import * as utf8 from "../../../../protocol/bytes/utf8.ts"
import * as csvText from "../../../../protocol/payload/csv.ts"
import type { CodecError } from "../../../../SageMakerError.ts"
import { afterLines, afterRows, undecodableStream } from "../../../codec/codecError.ts"
import { isBlank as isBlankLine, keepsBlankRows } from "../../../codec/csv/reader.ts"
import { tableOf } from "../../../codec/csv/table.ts"
import { encodeValue } from "../../../codec/encodedValue.ts"
import { firstBytes } from "../../../objectStore/firstBytes.ts"
import type { FormatMethods, RandomAccess, RowChunk, RowRange } from "../format.ts"
import { makeFormat } from "../rowFormat.ts"
import { type RangeOptions, type TextRange, textRanges } from "./ranges.ts"
import { blocks } from "./records.ts"
import { CsvScanner, isBlankRow, isLineEnd, LineScanner, type Scanner } from "./scan.ts"

/** How a text format divides bytes, decodes rows and encodes them. */
interface TextFormat<A, R> extends Pick<RangeOptions, "hasHeader" | "isBlank"> {
  readonly mediaType: string
  readonly makeScanner: () => Scanner
  /** Decodes bytes with whole rows. */
  readonly decode: (bytes: Uint8Array, range: RowRange) => Effect.Effect<ReadonlyArray<A>, CodecError, R>
  /** Encodes rows. The first rows of a file have the header. */
  readonly encode: (rows: ReadonlyArray<A>, isFirst: boolean) => Effect.Effect<Uint8Array, CodecError, R>
}

const lf = 0x0a

const withLineEnd = (bytes: Uint8Array): Uint8Array =>
  bytes.length === 0 || bytes.at(-1) === lf ? bytes : concat([bytes, Uint8Array.of(lf)])

const makeTextFormat = <A, R>(format: TextFormat<A, R>): StreamFormat<A, R> => {
  const { hasHeader, isBlank, makeScanner, mediaType } = format

  const ranges =
    (options: Pick<RangeOptions, "chunkRows" | "isNeeded" | "endsWithBlock">) =>
    <E, R2>(bytes: Stream.Stream<Uint8Array, E, R2>): Stream.Stream<TextRange, CodecError | E, R2> =>
      textRanges({ ...options, hasHeader, isBlank })(blocks(mediaType, makeScanner)(bytes))

  const decode = (header: Uint8Array, bytes: Uint8Array, range: RowRange) =>
    Effect.map(
      Effect.filterOrFail(
        format.decode(concat([header, bytes]), range),
        (rows) => Array.isArray(rows) && rows.length === range.rows,
        () => undecodableStream(mediaType, `expected ${range.rows} rows after row ${range.first}`)
      ),
      Chunk.unsafeFromArray
    )

  const encode = (rows: ReadonlyArray<A>, isFirst: boolean) => Effect.map(format.encode(rows, isFirst), withLineEnd)

  const read: StreamFormat<A, R>["read"] = (bytes) =>
    ranges({ chunkRows: Infinity, isNeeded: () => true, endsWithBlock: true })(bytes).pipe(
      Stream.mapEffect((text) => decode(text.header, text.bytes!, text.range)),
      Stream.flattenChunks
    )

  const write: StreamFormat<A, R>["write"] = (rows) => {
    const first = Effect.map(encode([], true), (header) => ({ header, isFirst: true }))
    const chunks = Stream.mapAccum(
      Stream.filter(Stream.chunks(rows), Chunk.isNonEmpty),
      true,
      (isFirst, chunk) => [false, { chunk, isFirst }] as const
    )
    return Stream.mapEffect(chunks, ({ chunk, isFirst }) => encode(Chunk.toReadonlyArray(chunk), isFirst)).pipe(
      Stream.orElseIfEmptyStream(() => Stream.map(Stream.fromEffect(first), ({ header }) => header))
    )
  }

  const methods: FormatMethods<A, R> = {
    rows: (file) => read(file.read(0, file.size)),
    chunks: <E>(file: RandomAccess<E>, chunkRows: number, isNeeded: (first: number) => boolean) =>
      Stream.map(
        ranges({ chunkRows, isNeeded, endsWithBlock: false })(file.read(0, file.size)),
        ({ bytes, header, range }): RowChunk<A, CodecError, R> => ({
          range,
          rows: bytes === undefined
            ? undefined
            : Stream.flattenChunks(Stream.fromEffect(decode(header, bytes, range)))
        })
      ),
    range: (file, range) =>
      Effect.all([
        firstBytes(file.read(0, range.header ?? 0)),
        firstBytes(file.read(range.start, range.end))
      ]).pipe(
        Effect.flatMap(([header, bytes]) => decode(header, bytes, range)),
        Stream.fromEffect,
        Stream.flattenChunks
      ),
    encodePart: encode,
    join: (parts) =>
      parts.length === 0
        ? Stream.fromEffect(encode([], true))
        : Stream.flatMap(Stream.fromIterable(parts), (part) => part.read(0, part.size)),
    write
  }
  return { ...makeFormat(methods), read, write }
}

export const jsonLines = <A, I, R>(schema: Schema.Schema<A, I, R>, options?: Codec.JsonOptions): StreamFormat<A, R> => {
  const codec = Codec.jsonLines(schema, options)
  return makeTextFormat({
    mediaType: codec.mediaType,
    hasHeader: false,
    makeScanner: () => new LineScanner(),
    isBlank: (record) => isLineEnd(record) || lines.isBlank(record.at(-1) === lf ? record.subarray(0, -1) : record),
    decode: (bytes, { line = 0 }) => Effect.mapError(codec.decode(bytes), (error) => afterLines(error, line)),
    encode: (rows) => Effect.map(encodeValue(codec, rows), ({ Body }) => Body)
  })
}

/** Whether a record of CSV has only white space, also in quotes. Such a record has no row. */
const isBlankRecord = (delimiter: string) => (record: Uint8Array): boolean => {
  const isBlank = delimiter === "\t" ? undefined : isBlankRow(record)
  if (isBlank !== undefined) {
    return isBlank
  }
  const text = utf8.decode(record)
  const parsed = text === undefined ? [] : csvText.parse(text, delimiter)
  return "problem" in parsed ? false : parsed.length > 0 && parsed.every(isBlankLine)
}

export const csv = <A, I extends CsvFileRow, R>(
  schema: Schema.Schema<A, I, R>,
  { delimiter = ",", header = false }: Pick<Codec.CsvOptions, "delimiter" | "header"> = {}
): StreamFormat<A, R> => {
  const rows = Schema.Array(schema)
  const plain = Codec.csv(rows, { delimiter })
  const titled = Codec.csv(rows, { delimiter, header })
  return makeTextFormat({
    mediaType: titled.mediaType,
    hasHeader: header,
    makeScanner: () => new CsvScanner(delimiter.charCodeAt(0)),
    isBlank: keepsBlankRows(tableOf(rows.ast)) ? () => false : isBlankRecord(delimiter),
    decode: (bytes, { first }) => Effect.mapError(titled.decode(bytes), (error) => afterRows(error, first)),
    encode: (values, isFirst) => Effect.map(encodeValue(isFirst ? titled : plain, values), ({ Body }) => Body)
  })
}
