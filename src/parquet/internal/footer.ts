/** Reads the metadata of a Parquet file, and checks that a reader can trust it. */
import * as Effect from "effect/Effect"
import type { ColumnChunk, FileMetaData } from "hyparquet"
import type { RandomAccess } from "../../internal/batch/files/format.ts"
import { firstBytes } from "../../internal/objectStore/firstBytes.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { loadReader, unreadable } from "./packages.ts"

const magic = 0x31524150
const encryptedMagic = 0x45524150

/** The magic number at the start, the length of the metadata, and the magic number at the end. */
const minimumBytes = 12

const maxMetadataBytes = 134_217_728

const maxGroupBytes = 1_073_741_824

const maxGroupRows = 16_777_216

/** A column chunk: its name, and where its pages are. */
export interface ColumnPages {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly codec: string
  readonly values: number
  readonly uncompressedBytes: number
}

/** A row group. */
export interface Group {
  /** The index of its first row. */
  readonly first: number
  readonly rows: number
  readonly columns: ReadonlyArray<ColumnPages>
}

export interface Footer {
  readonly metadata: FileMetaData
  readonly groups: ReadonlyArray<Group>
  /** The names of the columns. */
  readonly names: ReadonlyArray<string>
}

const toCount = (value: unknown): number => {
  const count = Number(value)
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError("invalid count")
  }
  return count
}

const columnPages = ({ file_path: path, meta_data: meta }: ColumnChunk, fileBytes: number): ColumnPages => {
  if (meta === undefined || path !== undefined) {
    throw new RangeError("invalid column")
  }
  const start = toCount(
    meta.dictionary_page_offset === undefined || meta.dictionary_page_offset === 0n
      ? meta.data_page_offset
      : meta.dictionary_page_offset
  )
  const end = start + toCount(meta.total_compressed_size)
  if (end > fileBytes) {
    throw new RangeError("invalid column")
  }
  return {
    name: meta.path_in_schema[0]!,
    start,
    end,
    codec: meta.codec,
    values: toCount(meta.num_values),
    uncompressedBytes: toCount(meta.total_uncompressed_size)
  }
}

const groupsOf = ({ row_groups: rowGroups }: FileMetaData, fileBytes: number): ReadonlyArray<Group> => {
  let first = 0
  return rowGroups.map(({ columns, num_rows: numberOfRows }) => {
    const rows = toCount(numberOfRows)
    const group = { first, rows, columns: columns.map((column) => columnPages(column, fileBytes)) }
    first += rows
    return group
  })
}

const isTooLarge = ({ columns, rows }: Group): boolean =>
  rows > maxGroupRows || columns.reduce((bytes, { uncompressedBytes }) => bytes + uncompressedBytes, 0) > maxGroupBytes

const readTail = <E>(file: RandomAccess<E>) =>
  Effect.gen(function*() {
    if (file.size < minimumBytes) {
      return yield* Effect.fail(unreadable("the file is shorter than a Parquet file"))
    }
    const tail = yield* firstBytes(file.read(file.size - 8, file.size))
    const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
    const found = tail.byteLength === 8 ? view.getUint32(4, true) : 0
    if (found === encryptedMagic) {
      return yield* Effect.fail(unreadable("encrypted files are not supported"))
    }
    if (found !== magic) {
      return yield* Effect.fail(unreadable("the file does not end with PAR1"))
    }
    return view.getUint32(0, true)
  })

export const readFooter = <E>(file: RandomAccess<E>): Effect.Effect<Footer, CodecError | E> =>
  Effect.gen(function*() {
    const length = yield* readTail(file)
    if (length > file.size - minimumBytes || length > maxMetadataBytes) {
      return yield* Effect.fail(unreadable(`the metadata has ${length} bytes: expected at most the file and 128 MiB`))
    }
    const { parquetMetadata } = yield* loadReader
    const bytes = yield* firstBytes(file.read(file.size - 8 - length, file.size))
    const footer = yield* Effect.try({
      try: (): Footer => {
        const metadata = parquetMetadata(bytes, { geoparquet: false })
        const [root] = metadata.schema
        const groups = groupsOf(metadata, file.size)
        return { metadata, groups, names: columnNames(metadata, root?.num_children ?? 0) }
      },
      catch: () => unreadable("the metadata is invalid")
    })
    if (footer.groups.some(isTooLarge)) {
      return yield* Effect.fail(
        unreadable("a row group has more than 16,777,216 rows or 1 GiB: write the file with smaller row groups")
      )
    }
    return footer
  })

/** The names of the children of the root, which come before their own children. */
const columnNames = ({ schema }: FileMetaData, count: number): ReadonlyArray<string> => {
  const names: Array<string> = []
  let at = 1
  const skip = (): void => {
    const children = toCount(schema[at]!.num_children ?? 0)
    at += 1
    for (let child = 0; child < children; child += 1) {
      skip()
    }
  }
  for (let column = 0; column < count; column += 1) {
    names.push(schema[at]!.name)
    skip()
  }
  return names
}
