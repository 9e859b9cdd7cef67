/** Rows in one file or one object. */
import { sha256Hex } from "#sha256"
import type { PlatformError } from "@effect/platform/Error"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { RowFile, RowFormat } from "../../../Batch.ts"
import { ObjectStore } from "../../../ObjectStore.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import type { CodecError, InvalidInputError, ObjectStoreError } from "../../../SageMakerError.ts"
import { firstBytes } from "../../objectStore/firstBytes.ts"
import { invalid } from "../options.ts"
import type { FormatMethods, Part, RandomAccess } from "./format.ts"
import type { Identity, SinkMethods, SourceMethods } from "./methods.ts"
import { folderOf, listParts, type PartInfo, partName } from "./parts.ts"
import { formatMethods, makeSink, makeSource } from "./rowFormat.ts"
import { fileStore, objectStore, type Store } from "./store.ts"

/** Samples of this size identify an input, together with its size. */
const sampleBytes = 65_536

const samples = 16

/** Hashes the input, or samples at evenly spread positions, of which one is its start and one is its end. */
const identify = <E>(file: RandomAccess<E>): Effect.Effect<Identity, E> => {
  const positions = file.size <= samples * sampleBytes
    ? [0]
    : Array.from({ length: samples }, (_, at) => Math.floor((at * (file.size - sampleBytes)) / (samples - 1)))
  const length = positions.length === 1 ? file.size : sampleBytes
  return Effect.forEach(positions, (start) => firstBytes(file.read(start, start + length)), { concurrency: samples })
    .pipe(
      Effect.flatMap((read) => Effect.promise(async () => sha256Hex(concat(read)))),
      Effect.map((sha256) => ({ bytes: file.size, sha256 }))
    )
}

/** Reads a small file. `undefined` if there is none. */
const readText = <E>(store: Store<E>, name: string): Effect.Effect<string | undefined, E> =>
  Effect.flatMap(store.find(name), (size) =>
    size === undefined
      ? Effect.succeed(undefined)
      : Effect.map(firstBytes(store.read(name, 0, size)), (bytes) => new TextDecoder().decode(bytes)))

/** The methods of a sink that do not depend on its format. */
export const besideOutput = <E, R>(
  open: Effect.Effect<Store<E>, never, R>,
  name: string
) => {
  const folder = folderOf(name)
  return {
    parts: Effect.flatMap(open, (store) => Effect.zipRight(store.makeFolder(folder), listParts(store, name))),
    removeParts: Effect.flatMap(open, (store) => store.removeFolder(folder)),
    readBeside: (suffix: string): Effect.Effect<string | undefined, E, R> =>
      Effect.flatMap(open, (store) => readText(store, `${name}${suffix}`)),
    writeBeside: (suffix: string, text: string, writer?: string): Effect.Effect<void, E, R> =>
      Effect.flatMap(
        open,
        (store) =>
          store.write<never, never>(`${name}${suffix}`, new TextEncoder().encode(text), {
            temporary: writer === undefined ? undefined : `${folder}/${writer}.next`
          })
      )
  }
}

export const writePart = <E>(
  store: Store<E>,
  output: string,
  part: PartInfo,
  bytes: Uint8Array
): Effect.Effect<void, E> => {
  const path = `${folderOf(output)}/${partName(part)}`
  return store.write<never, never>(path, bytes, { temporary: `${path}.next` })
}

type PlaceError<E> = E | CodecError | InvalidInputError

const makeSourceMethods = <A, E, R, R2>(
  open: Effect.Effect<Store<E>, never, R2>,
  name: string,
  methods: Effect.Effect<FormatMethods<A, R>, InvalidInputError>
): SourceMethods<A, PlaceError<E>, R | R2> => {
  const input = Effect.gen(function*() {
    const format = yield* methods
    const store = yield* open
    const file: RandomAccess<E> = {
      size: yield* store.size(name),
      read: (start, end) => store.read(name, start, end)
    }
    return { file, format }
  })
  return {
    identify: Effect.flatMap(input, ({ file }) => identify(file)),
    contains: ({ kind, path }) =>
      Effect.flatMap(
        open,
        (store) => Effect.map(store.resolve(name), (place) => kind === "file" && place.path === path)
      ),
    rows: Stream.unwrap(Effect.map(input, ({ file, format }) => format.rows(file))),
    chunks: (chunkRows, isNeeded) =>
      Stream.unwrap(Effect.map(input, ({ file, format }) => format.chunks(file, chunkRows, isNeeded))),
    range: (range) => Stream.unwrap(Effect.map(input, ({ file, format }) => format.range(file, range)))
  }
}

const makeSinkMethods = <A, E, R, R2>(
  open: Effect.Effect<Store<E>, never, R2>,
  name: string,
  methods: Effect.Effect<FormatMethods<A, R>, InvalidInputError>
): SinkMethods<A, PlaceError<E>, R | R2> => {
  const output = Effect.all({ format: methods, store: open })
  return {
    ...besideOutput(open, name),
    place: Effect.flatMap(output, ({ store }) =>
      Effect.flatMap(store.resolve(name), ({ isFolder, path }) =>
        isFolder
          ? Effect.fail(invalid("output", "the path of a file, found a folder"))
          : Effect.succeed({ kind: "file", path } as const))),
    write: (rows) => Effect.flatMap(output, ({ format, store }) => store.write(name, format.write(rows))),
    size: Effect.flatMap(output, ({ store }) => store.find(name)),
    writePart: (part, records) =>
      Effect.flatMap(output, ({ format, store }) =>
        Effect.flatMap(
          format.encodePart(records, part.first === 0),
          (bytes) => writePart(store, name, part, bytes)
        )),
    join: Effect.flatMap(output, ({ format, store }) =>
      Effect.flatMap(listParts(store, name), (parts) =>
        store.write(
          name,
          format.join(parts.map((part): Part<E> => ({
            ...part,
            read: (start, end) => store.read(part.name, start, end)
          })))
        )))
  }
}

const place = <A, E, R, R2>(
  open: Effect.Effect<Store<E>, never, R2>,
  name: string,
  format: RowFormat<A, R>
): RowFile<A, PlaceError<E>, R | R2> => {
  const methods = Effect.suspend(() =>
    typeof name === "string" && name !== ""
      ? formatMethods(format)
      : Either.left(invalid("name", "a path or a location"))
  )
  return {
    ...makeSource(name, makeSourceMethods(open, name, methods)),
    ...makeSink(name, makeSinkMethods(open, name, methods))
  }
}

export const fileOf = <A, R>(
  path: string,
  format: RowFormat<A, R>
): RowFile<A, PlaceError<PlatformError>, FileSystem | R> => place(Effect.map(FileSystem, fileStore), path, format)

export const objectOf = <A, R>(
  location: string,
  format: RowFormat<A, R>
): RowFile<A, PlaceError<ObjectStoreError>, ObjectStore | R> =>
  place(Effect.map(ObjectStore, objectStore), location, format)
