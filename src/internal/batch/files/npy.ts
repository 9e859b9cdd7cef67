/** NPY files: a row is an entry of the first axis of an array. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RowFormat } from "../../../Batch.ts"
import type { NdArray } from "../../../Codec.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import { type Data, elementCount, isShape, problemOf, storage } from "../../../protocol/payload/ndArray.ts"
import * as npy from "../../../protocol/payload/npy.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { undecodable, unencodable } from "../../codec/codecError.ts"
import { firstBytes } from "../../objectStore/firstBytes.ts"
import type { FormatMethods, Part, RandomAccess, RowChunk, RowRange } from "./format.ts"
import { makeFormat } from "./rowFormat.ts"

const mediaType = "application/x-npy"

const noBytes = new Uint8Array()

const unreadable = (problem: string): CodecError => undecodable(mediaType, noBytes, problem)

/** The rows of a range have at most this size, or are one row. */
const maxRangeBytes = 16_777_216

const maxRowBytes = 268_435_456

/** What is known about a file after its header was read. */
interface Layout extends npy.Header {
  readonly rows: number
  /** The shape of a row. */
  readonly rowShape: ReadonlyArray<number>
  readonly rowBytes: number
}

const layoutOf = (header: npy.Header | string, size: number): Layout | string => {
  if (typeof header === "string") {
    return header
  }
  const { dataOffset, dtype, isFortranOrder, shape } = header
  const [rows, ...rowShape] = shape
  if (rows === undefined || !isShape(shape)) {
    return "the array must have at least one dimension"
  }
  if (isFortranOrder && shape.filter((length) => length !== 1).length > 1) {
    return "the array must be in C order: save numpy.ascontiguousarray(array)"
  }
  const rowBytes = elementCount(rowShape) * storage[dtype].size
  if (rows > 0 && (rowBytes === 0 || rowBytes > maxRowBytes)) {
    return `a row must have 1 to ${maxRowBytes} bytes, found ${rowBytes}`
  }
  return dataOffset + rows * rowBytes === size
    ? { ...header, rows, rowShape, rowBytes }
    : "the length of the data must match the shape"
}

const readLayout = <E>(file: RandomAccess<E>): Effect.Effect<Layout, CodecError | E> =>
  Effect.flatMap(firstBytes(file.read(0, Math.min(file.size, npy.maxHeaderBytes))), (start) => {
    const layout = layoutOf(npy.readHeader(start), file.size)
    return typeof layout === "string" ? Effect.fail(unreadable(layout)) : Effect.succeed(layout)
  })

/** The range with the rows from `first`. */
const rangeFrom = ({ dataOffset, rowBytes, rows }: Layout, first: number, chunkRows: number): RowRange => {
  const count = Math.min(chunkRows, rows - first, Math.max(1, Math.floor(maxRangeBytes / rowBytes)))
  const start = dataOffset + first * rowBytes
  return { first, rows: count, start, end: start + count * rowBytes }
}

const entriesOf = ({ dtype, isBigEndian, rowShape }: Layout, bytes: Uint8Array, rows: number): Chunk.Chunk<NdArray> => {
  const data: Data = npy.readData(bytes, { dtype, isBigEndian })
  const length = elementCount(rowShape)
  return Chunk.unsafeFromArray(
    Array.from(
      { length: rows },
      (_, row) => ({ dtype, shape: rowShape, data: data.subarray(row * length, (row + 1) * length) }) as NdArray
    )
  )
}

const readRange = <E>(file: RandomAccess<E>, layout: Layout, { end, rows, start }: RowRange) =>
  Effect.flatMap(firstBytes(file.read(start, end)), (bytes) =>
    bytes.byteLength === rows * layout.rowBytes
      ? Effect.succeed(entriesOf(layout, bytes, rows))
      : Effect.fail(unreadable("the file has changed")))

const readChunks = <E>(file: RandomAccess<E>, chunkRows: number, isNeeded: (first: number) => boolean) =>
  Stream.unwrap(Effect.map(readLayout(file), (layout) =>
    Stream.map(
      Stream.unfoldChunk(0, (first) => {
        if (first >= layout.rows) {
          return Option.none()
        }
        const range = rangeFrom(layout, first, chunkRows)
        return Option.some([Chunk.of(range), first + range.rows] as const)
      }),
      (range): RowChunk<NdArray, CodecError | E, never> => ({
        range,
        rows: isNeeded(range.first)
          ? Stream.flattenChunks(Stream.fromEffect(readRange(file, layout, range)))
          : undefined
      })
    )))

const isSameShape = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): boolean =>
  one.length === other.length && one.every((length, axis) => length === other[axis])

/** Checks that all rows have one dtype and one shape. */
const problemOfRows = (rows: ReadonlyArray<NdArray>): string | undefined => {
  const [first] = rows
  for (const row of rows) {
    const problem = problemOf(row)
    if (problem !== undefined) {
      return problem
    }
    if (row.dtype !== first!.dtype || !isSameShape(row.shape, first!.shape)) {
      return "all rows must have one dtype and one shape"
    }
  }
  return undefined
}

const encode = (rows: ReadonlyArray<NdArray>): Effect.Effect<Uint8Array, CodecError> =>
  Effect.suspend(() => {
    const problem = problemOfRows(rows)
    const [{ dtype, shape } = { dtype: "float64" as const, shape: [] }] = rows
    return problem === undefined
      ? Effect.succeed(
        concat([npy.writeHeaderOf({ dtype, shape: [rows.length, ...shape] }), ...rows.map(npy.writeData)])
      )
      : Effect.fail(unencodable(mediaType, problem))
  })

const isSameArray = (one: Layout, other: Layout): boolean =>
  one.dtype === other.dtype && one.isBigEndian === other.isBigEndian && isSameShape(one.rowShape, other.rowShape)

const methods: FormatMethods<NdArray, never> = {
  rows: (file) => Stream.flatMap(readChunks(file, Infinity, () => true), ({ rows }) => rows ?? Stream.empty),
  chunks: readChunks,
  range: (file, range) =>
    Stream.flattenChunks(
      Stream.fromEffect(Effect.flatMap(readLayout(file), (layout) => readRange(file, layout, range)))
    ),
  encodePart: encode,
  join: <E>(parts: ReadonlyArray<Part<E>>): Stream.Stream<Uint8Array, CodecError | E> =>
    Stream.unwrap(Effect.gen(function*() {
      const layouts = yield* Effect.forEach(
        parts,
        (part) => Effect.map(readLayout(part), (layout) => ({ layout, part }))
      )
      const [first] = layouts
      if (first === undefined) {
        return Stream.fromEffect<Uint8Array, CodecError | E, never>(encode([]))
      }
      if (!layouts.every(({ layout }) => isSameArray(first.layout, layout))) {
        return yield* Effect.fail(unencodable(mediaType, "all rows must have one dtype and one shape"))
      }
      const { dtype, rowShape } = first.layout
      const rows = layouts.reduce((count, { layout }) => count + layout.rows, 0)
      return Stream.concat<Uint8Array, never, never, Uint8Array, CodecError | E, never>(
        Stream.make(npy.writeHeaderOf({ dtype, shape: [rows, ...rowShape] })),
        Stream.flatMap(Stream.fromIterable(layouts), ({ layout, part }) => part.read(layout.dataOffset, part.size))
      )
    })),
  // The header has the number of rows, so that no byte can be written before the last row.
  write: (rows) =>
    Stream.fromEffect(Effect.flatMap(Stream.runCollect(rows), (all) => encode(Chunk.toReadonlyArray(all))))
}

export const npyFormat: RowFormat<NdArray> = makeFormat(methods)
