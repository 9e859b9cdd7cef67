/** Reads the rows of a Parquet file by row groups. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AsyncBuffer } from "hyparquet"
import type { RandomAccess } from "../../internal/batch/files/format.ts"
import { firstBytes } from "../../internal/objectStore/firstBytes.ts"
import { concatExact } from "../../protocol/bytes/bytes.ts"
import type { CodecError } from "../../SageMakerError.ts"
import type { ParquetOptions } from "../Parquet.ts"
import { type ColumnPages, type Footer, type Group, readFooter } from "./footer.ts"
import { loadReader, loadThrift, unreadable } from "./packages.ts"
import { hasValidPages } from "./pages.ts"

/** The columns of a row group. */
export interface GroupColumns {
  readonly rows: number
  /** The value of a column in a row, `undefined` if the file has no such column. */
  readonly find: (name: string, row: number) => unknown
}

const builtIn = new Set(["SNAPPY", "UNCOMPRESSED"])

const readPages = <E>(file: RandomAccess<E>, column: ColumnPages, { compressors = {} }: ParquetOptions) =>
  Effect.gen(function*() {
    const { codec, end, name, start } = column
    if (!builtIn.has(codec) && !Object.hasOwn(compressors, codec)) {
      return yield* Effect.fail(
        unreadable(
          `column ${name} is compressed with ${codec}: set the option compressors to those of hyparquet-compressors`
        )
      )
    }
    const { deserializeTCompactProtocol } = yield* loadThrift
    const bytes = yield* firstBytes(file.read(start, end))
    const isValid = yield* Effect.orElseSucceed(
      Effect.try(() => hasValidPages(deserializeTCompactProtocol, bytes, column)),
      () => false
    )
    return isValid ? { start, end, bytes } : yield* Effect.fail(unreadable(`the pages of column ${name} are invalid`))
  })

type Pages = Effect.Effect.Success<ReturnType<typeof readPages>>

/** The bytes of the pages, at their places in the file. */
const bufferOf = (pages: ReadonlyArray<Pages>, byteLength: number): AsyncBuffer => ({
  byteLength,
  slice: (start, end = byteLength) => {
    const parts = pages
      .filter((page) => page.start < end && page.end > start)
      .toSorted((one, other) => one.start - other.start)
    const found = new Uint8Array(end - start)
    for (const part of parts) {
      const from = Math.max(start, part.start)
      found.set(part.bytes.subarray(from - part.start, Math.min(end, part.end) - part.start), from - start)
    }
    return concatExact([found]).buffer as ArrayBuffer
  }
})

/** The values of pages. Most columns have one list of them. */
const joined = (chunks: ReadonlyArray<ArrayLike<unknown>>): ArrayLike<unknown> => {
  const [only = []] = chunks
  return chunks.length <= 1 ? only : chunks.flatMap((chunk) => Array.from(chunk))
}

/** Decodes columns of a row group. */
export const readGroup = <E>(
  file: RandomAccess<E>,
  { metadata, names }: Footer,
  { columns, first, rows }: Group,
  wanted: ReadonlyArray<string>,
  options: ParquetOptions
): Effect.Effect<GroupColumns, CodecError | E> =>
  Effect.gen(function*() {
    const { parquetRead } = yield* loadReader
    const found = new Map<string, ArrayLike<unknown>>()
    for (const name of new Set(wanted.filter((column) => names.includes(column)))) {
      const pages = yield* Effect.forEach(
        columns.filter((column) => column.name === name),
        (column) => readPages(file, column, options)
      )
      const values = yield* Effect.tryPromise({
        try: async () => {
          const chunks: Array<ArrayLike<unknown>> = []
          await parquetRead({
            file: bufferOf(pages, file.size),
            metadata,
            columns: [name],
            rowStart: first,
            rowEnd: first + rows,
            onChunk: ({ columnData }) => void chunks.push(columnData),
            utf8: false,
            geoparquet: false,
            ...(options.compressors === undefined ? {} : { compressors: options.compressors })
          })
          return joined(chunks)
        },
        catch: () => unreadable(`the pages of column ${name} are invalid`)
      })
      if (values.length !== rows) {
        return yield* Effect.fail(unreadable(`column ${name} has ${values.length} values in ${rows} rows`))
      }
      found.set(name, values)
    }
    return { rows, find: (name, row) => found.get(name)?.[row] }
  })

/** The row groups of a file with rows. */
export const groupsOf = <E>(file: RandomAccess<E>): Stream.Stream<
  { readonly footer: Footer; readonly group: Group },
  CodecError | E
> =>
  Stream.unwrap(
    Effect.map(readFooter(file), (footer) =>
      Stream.fromIterable(
        footer.groups.filter(({ rows }) => rows > 0).map((group) => ({ footer, group }))
      ))
  )
