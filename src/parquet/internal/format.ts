/** The format of Parquet files. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { RowFormat } from "../../Batch.ts"
import type { FormatMethods, Part, RandomAccess, RowChunk, RowRange } from "../../internal/batch/files/format.ts"
import { makeFormat } from "../../internal/batch/files/rowFormat.ts"
import { afterRows } from "../../internal/codec/codecError.ts"
import { firstBytes } from "../../internal/objectStore/firstBytes.ts"
import type { CodecError } from "../../SageMakerError.ts"
import type { ParquetOptions } from "../Parquet.ts"
import { type Field, valueOf } from "./columns.ts"
import type { Group } from "./footer.ts"
import { unreadable, unwritable } from "./packages.ts"
import { type GroupColumns, groupsOf, readGroup } from "./read.ts"
import { type RowsCodec, rowsCodec } from "./rows.ts"
import { readStruct } from "./values.ts"
import { type Row, writeFile } from "./write.ts"

const defaultGroupRows = 10_000

/** The rows that are decoded at once. */
const decodedRows = 1_000

/** The ranges of a row group. */
const rangesOf = ({ first, rows }: Group, chunkRows: number): ReadonlyArray<RowRange> =>
  Array.from({ length: Math.ceil(rows / chunkRows) }, (_, at) => {
    const start = first + at * chunkRows
    const end = Math.min(start + chunkRows, first + rows)
    return { first: start, rows: end - start, start, end }
  })

/** Reads some rows of a decoded row group. */
const sliceRows = <A, R>(
  { codec, fields }: Pick<Settings<A, R>, "codec" | "fields">,
  columns: GroupColumns,
  { first, rows }: RowRange,
  groupFirst: number
): Effect.Effect<Chunk.Chunk<A>, CodecError, R> => {
  const found = Array.from(
    { length: rows },
    (_, at) => readStruct(fields, (name) => columns.find(name, first - groupFirst + at))
  )
  return Effect.mapBoth(codec.decode(found), {
    onFailure: (error) => afterRows(error, first),
    onSuccess: Chunk.unsafeFromArray
  })
}

interface Settings<A, R> {
  readonly codec: RowsCodec<A, R>
  readonly fields: ReadonlyArray<Field>
  readonly options: ParquetOptions
  readonly rowGroupRows: number
}

const settingsOf = <A, I extends object, R>(
  schema: Schema.Schema<A, I, R>,
  options: ParquetOptions
): Effect.Effect<Settings<A, R>, CodecError> => {
  const { type } = valueOf(schema.ast)
  const { rowGroupRows = defaultGroupRows } = options
  if (type._tag !== "Struct") {
    return Effect.fail(unwritable("the schema of a row must be a struct"))
  }
  return Number.isSafeInteger(rowGroupRows) && rowGroupRows > 0
    ? Effect.succeed({ codec: rowsCodec(schema), fields: type.fields, options, rowGroupRows })
    : Effect.fail(unwritable("rowGroupRows must be an integer of at least 1"))
}

const namesOf = (fields: ReadonlyArray<Field>): ReadonlyArray<string> => fields.map(({ name }) => name)

/** The ranges of a file. A row group is decoded when the first of its rows is read. */
const readChunks = <A, R, E>(
  settings: Settings<A, R>,
  file: RandomAccess<E>,
  chunkRows: number,
  isNeeded: (first: number) => boolean
): Stream.Stream<RowChunk<A, CodecError | E, R>, CodecError | E> =>
  Stream.flatMap(groupsOf(file), ({ footer, group }) =>
    Stream.unwrap(
      Effect.map(
        Effect.cached(readGroup(file, footer, group, namesOf(settings.fields), settings.options)),
        (columns) =>
          Stream.map(Stream.fromIterable(rangesOf(group, chunkRows)), (range): RowChunk<A, CodecError | E, R> => ({
            range,
            rows: isNeeded(range.first)
              ? Stream.flattenChunks(
                Stream.fromEffect(Effect.flatMap(columns, (read) => sliceRows(settings, read, range, group.first)))
              )
              : undefined
          }))
      )
    ))

const readRange = <A, R, E>(settings: Settings<A, R>, file: RandomAccess<E>, range: RowRange) =>
  Stream.flatMap(
    Stream.filter(groupsOf(file), ({ group }) => group.first <= range.first && range.first < group.first + group.rows),
    ({ footer, group }) =>
      Stream.flattenChunks(Stream.fromEffect(
        Effect.flatMap(
          readGroup(file, footer, group, namesOf(settings.fields), settings.options),
          (columns) =>
            range.first + range.rows > group.first + group.rows
              ? Effect.fail(unreadable("the row groups have changed"))
              : sliceRows(settings, columns, range, group.first)
        )
      ))
  )

/** The rows of a part, as they are written. */
const partRows = <E>(fields: ReadonlyArray<Field>, part: Part<E>, options: ParquetOptions) =>
  Stream.flatMap(groupsOf(part), ({ footer, group }) =>
    Stream.flattenIterables(Stream.fromEffect(
      Effect.map(
        readGroup(part, footer, group, namesOf(fields), options),
        (columns): ReadonlyArray<Row> =>
          Array.from({ length: group.rows }, (_, row) => readStruct(fields, (name) => columns.find(name, row)))
      )
    )))

export const makeParquet = <A, I extends object, R>(
  schema: Schema.Schema<A, I, R>,
  options: ParquetOptions = {}
): RowFormat<A, R> => {
  const settings = Effect.suspend(() => settingsOf(schema, options))
  const withSettings = <B, E, R2>(use: (settings: Settings<A, R>) => Stream.Stream<B, E, R2>) =>
    Stream.unwrap(Effect.map(settings, use))
  const write = <E, R2>(rows: Stream.Stream<Row, E, R2>, { fields, rowGroupRows }: Settings<A, R>) =>
    writeFile(rows, { fields, rowGroupRows, compression: options.compression ?? "snappy" })
  const methods: FormatMethods<A, R> = {
    rows: (file) =>
      withSettings((read) =>
        Stream.flatMap(readChunks(read, file, decodedRows, () => true), ({ rows }) => rows ?? Stream.empty)
      ),
    chunks: (file, chunkRows, isNeeded) => withSettings((read) => readChunks(read, file, chunkRows, isNeeded)),
    range: (file, range) => withSettings((read) => readRange(read, file, range)),
    encodePart: (rows) =>
      Effect.flatMap(settings, (written) =>
        Effect.flatMap(
          written.codec.encode(rows),
          (encoded) => firstBytes(write(Stream.fromIterable(encoded), { ...written, rowGroupRows: rows.length }))
        )),
    join: (parts) =>
      withSettings((joined) =>
        write(Stream.flatMap(Stream.fromIterable(parts), (part) => partRows(joined.fields, part, options)), joined)
      ),
    write: (rows) =>
      withSettings((written) =>
        write(
          Stream.flattenIterables(
            Stream.mapEffect(Stream.chunks(rows), (chunk) => written.codec.encode(Chunk.toReadonlyArray(chunk)))
          ),
          written
        )
      )
  }
  return makeFormat(methods)
}
