/** Parquet files with any columns. The packages that read and write them are optional. */
import * as FileSystem from "@effect/platform/FileSystem"
import { ObjectStore } from "effect-sagemaker-runtime"
import { Parquet } from "effect-sagemaker-runtime/parquet"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CommandError } from "../../output/failure.ts"
import { isObject, type PlaceContext, placed, type PlaceError } from "./places.ts"

const missing = new CommandError({ message: "Parquet needs two packages: npm install hyparquet hyparquet-writer" })

/** Fails if a package is missing. */
const load = Effect.zipRight(
  Effect.tryPromise({ try: () => import("hyparquet-writer"), catch: () => missing }),
  Effect.tryPromise({ try: () => import("hyparquet"), catch: () => missing })
)

/** Fails if Parquet cannot be written. */
export const requireParquet: Effect.Effect<void, CommandError> = Effect.asVoid(load)

const sizeOf = (path: string): Effect.Effect<number, PlaceError, PlaceContext> =>
  isObject(path)
    ? Effect.map(Effect.flatMap(ObjectStore.ObjectStore, (store) => store.head(path)), ({ size }) => size)
    : Effect.map(
      Effect.flatMap(FileSystem.FileSystem, (files) => files.stat(path)),
      ({ size }) => Number(size)
    )

const from = (path: string, start: number): Stream.Stream<Uint8Array, PlaceError, PlaceContext> =>
  isObject(path)
    ? Stream.unwrap(Effect.map(ObjectStore.ObjectStore, (store) => store.get(path, { start })))
    : Stream.unwrap(Effect.map(FileSystem.FileSystem, (files) => files.stream(path, { offset: start })))

const bytesFrom = (path: string, start: number) =>
  Effect.map(Stream.runCollect(from(path, start)), (chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)))

/** A file ends with its metadata, the size of the metadata in 4 bytes, and `PAR1`. */
const tailBytes = 8

const maxMetadataBytes = 64 * 1_024 * 1_024

const invalid = (path: string) => new CommandError({ message: `${path} is not a Parquet file` })

const metadataBytes = (path: string) =>
  Effect.gen(function*() {
    const size = yield* sizeOf(path)
    const tail = yield* bytesFrom(path, Math.max(0, size - tailBytes))
    const length = tail.length === tailBytes && tail.toString("latin1", 4) === "PAR1" ? tail.readUInt32LE(0) : Infinity
    const start = size - tailBytes - length
    return start >= 0 && length <= maxMetadataBytes ? yield* bytesFrom(path, start) : yield* invalid(path)
  })

/** The names of the columns. */
const columnsOf = (path: string) =>
  Effect.gen(function*() {
    const { parquetMetadata, parquetSchema } = yield* load
    const bytes = yield* metadataBytes(path)
    return yield* Effect.try({
      try: () =>
        parquetSchema(parquetMetadata(new Uint8Array(bytes).buffer)).children.map(({ element }) => element.name),
      catch: () => invalid(path)
    })
  })

/** A value of a column as a value of JSON. */
export const valueOfColumn = (value: unknown): unknown => {
  if (value instanceof Date) {
    return value.toISOString()
  }
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
  }
  if (Array.isArray(value)) {
    return value.map(valueOfColumn)
  }
  return Predicate.isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, valueOfColumn(member)]))
    : value
}

/** The rows of a Parquet file, with all its columns. */
export const parquetRows = (path: string) =>
  Effect.map(columnsOf(path), (columns) => {
    const fields = Object.fromEntries(columns.map((name) => [name, Schema.Unknown]))
    return placed(path, Parquet.format(Schema.Struct(fields)))
  })
