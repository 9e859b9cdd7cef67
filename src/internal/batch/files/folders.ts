/** Folders as sources and sinks: each file is a row. */
import { sha256Hex } from "#sha256"
import type { PlatformError } from "@effect/platform/Error"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { FileRow, FolderOptions, RowFolder } from "../../../Batch.ts"
import { ObjectStore } from "../../../ObjectStore.ts"
import { mediaTypeOfFile } from "../../../protocol/payload/fileTypes.ts"
import type { InvalidInputError, ObjectStoreError } from "../../../SageMakerError.ts"
import { firstBytes } from "../../objectStore/firstBytes.ts"
import { invalid } from "../options.ts"
import type { RowChunk, RowRange } from "./format.ts"
import type { OutputPlace, SinkMethods, SourceMethods } from "./methods.ts"
import { folderOf, partName } from "./parts.ts"
import { besideOutput, writePart } from "./places.ts"
import { makeSink, makeSource } from "./rowFormat.ts"
import { type Entry, fileStore, objectStore, type Store } from "./store.ts"

/** The files of a range have at most this size, or are one file. */
const maxRangeBytes = 16_777_216

const defaultMaxFileBytes = 104_857_600

/** How many files are read ahead, or written at the same time. */
const concurrentFiles = 4

interface Settings {
  readonly folder: string
  readonly include: (name: string) => boolean
  readonly maxFileBytes: number
}

const invalidInclude = () => invalid("include", "a function that returns a boolean")

const readSettings = (
  folder: string,
  { include = () => true, maxFileBytes = defaultMaxFileBytes }: FolderOptions
): Either.Either<Settings, InvalidInputError> => {
  if (typeof folder !== "string" || folder === "") {
    return Either.left(invalid("name", "the path of a folder or the prefix of locations"))
  }
  if (!Predicate.isFunction(include)) {
    return Either.left(invalidInclude())
  }
  return Number.isSafeInteger(maxFileBytes) && maxFileBytes > 0
    ? Either.right({ folder: folder.replace(/(?<=[^/])\/+$/, ""), include, maxFileBytes })
    : Either.left(invalid("maxFileBytes", "an integer of at least 1"))
}

/** The files of a folder in the order of their names, which are relative to the folder. */
const listFiles = <E>(store: Store<E>, { folder, include }: Settings) =>
  Effect.flatMap(store.list(folder, "deep"), (entries) =>
    Effect.try({
      try: () =>
        entries
          .map(({ name, size }): Entry => ({ name: name.slice(folder.length + 1), size }))
          .filter(({ name }) => include(name)),
      catch: invalidInclude
    }))

/** Whether the names of an output are files of the folder. The names that a folder will contain are not known. */
const includesOutput = (
  { include }: Settings,
  folder: string,
  { kind, path }: OutputPlace
): Either.Either<boolean, InvalidInputError> => {
  const output = path.slice(folder.length + 1)
  if (path !== folder && !path.startsWith(`${folder}/`)) {
    return Either.right(false)
  }
  const beside = [`${output}.checkpoint`, `${folderOf(output)}/${partName({ first: 0, rows: 1, failed: 0 })}`]
  const names = kind === "file" ? [output, ...beside] : [`${output}/0`, ...beside]
  return Either.try({
    try: () => (path === folder ? ["0"] : names).some((name) => include(name)),
    catch: invalidInclude
  })
}

const rangeFrom = (entries: ReadonlyArray<Entry>, first: number, chunkRows: number): RowRange => {
  let [end, bytes] = [first, 0]
  while (
    end < entries.length && end - first < chunkRows && (end === first || bytes + entries[end]!.size <= maxRangeBytes)
  ) {
    bytes += entries[end]!.size
    end += 1
  }
  return { first, rows: end - first, start: first, end }
}

const readFile = <E>(
  store: Store<E>,
  { folder, maxFileBytes }: Settings,
  { name, size }: Entry
): Effect.Effect<FileRow, E | InvalidInputError> =>
  size > maxFileBytes
    ? Effect.fail(invalid("input", `files of at most ${maxFileBytes} bytes (maxFileBytes), found ${name} with ${size}`))
    : Effect.map(
      firstBytes(store.read(`${folder}/${name}`, 0, size)),
      (Body): FileRow => ({ name, Body, ContentType: mediaTypeOfFile(name) })
    )

const readFiles = <E>(
  store: Store<E>,
  settings: Settings,
  entries: ReadonlyArray<Entry>
): Stream.Stream<FileRow, E | InvalidInputError> =>
  Stream.mapEffect(Stream.fromIterable(entries), (entry) => readFile(store, settings, entry), {
    concurrency: concurrentFiles
  })

const identify = (entries: ReadonlyArray<Entry>) =>
  Effect.map(
    Effect.promise(async () => sha256Hex(JSON.stringify(entries.map(({ name, size }) => [name, size])))),
    (sha256) => ({ bytes: entries.reduce((bytes, { size }) => bytes + size, 0), sha256 })
  )

const makeSourceMethods = <E, R>(
  open: Effect.Effect<Store<E>, never, R>,
  settings: Effect.Effect<Settings, InvalidInputError>
): SourceMethods<FileRow, E | InvalidInputError, R> => {
  const input = Effect.gen(function*() {
    const read = yield* settings
    const store = yield* open
    return { store, read, entries: yield* listFiles(store, read) }
  })
  const rowsOf = ({ entries, read, store }: Effect.Effect.Success<typeof input>, { end, start }: RowRange) =>
    readFiles(store, read, entries.slice(start, end))
  return {
    identify: Effect.flatMap(input, ({ entries }) => identify(entries)),
    contains: (place) =>
      Effect.flatMap(
        Effect.all({ read: settings, store: open }),
        ({ read, store }) => Effect.flatMap(store.resolve(read.folder), ({ path }) => includesOutput(read, path, place))
      ),
    rows: Stream.unwrap(Effect.map(input, ({ entries, read, store }) => readFiles(store, read, entries))),
    chunks: (chunkRows, isNeeded) =>
      Stream.unwrap(Effect.map(input, (found) =>
        Stream.map(
          Stream.unfold(0, (first) => {
            const range = rangeFrom(found.entries, first, chunkRows)
            return range.rows === 0 ? Option.none() : Option.some([range, range.end] as const)
          }),
          (range): RowChunk<FileRow, E | InvalidInputError, never> => ({
            range,
            rows: isNeeded(range.first) ? rowsOf(found, range) : undefined
          })
        ))),
    range: (range) => Stream.unwrap(Effect.map(input, (found) => rowsOf(found, range)))
  }
}

/** Whether a name is a path below the folder. */
const isRelative = (name: unknown): name is string =>
  typeof name === "string" && name.length <= 1_024 && !/[\\\0]/.test(name) &&
  name.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..")

/** A file has this suffix until it is complete, so that the name of another file must not end with it. */
const temporarySuffix = ".next"

type WrittenFile = Pick<FileRow, "Body" | "name"> & Partial<FileRow>

const writeFile = <E>(
  store: Store<E>,
  folder: string,
  { Body, ContentType, name }: WrittenFile
): Effect.Effect<void, E | InvalidInputError> => {
  if (!isRelative(name)) {
    return Effect.fail(invalid("record.name", "a relative path without .. and \\"))
  }
  if (name.endsWith(temporarySuffix)) {
    return Effect.fail(invalid("record.name", `a name that does not end with ${temporarySuffix}`))
  }
  if (!(Body instanceof Uint8Array)) {
    return Effect.fail(invalid("record.Body", "a Uint8Array"))
  }
  const path = `${folder}/${name}`
  return Effect.zipRight(
    store.makeFolder(path.slice(0, path.lastIndexOf("/"))),
    store.write<never, never>(path, Body, {
      contentType: ContentType ?? mediaTypeOfFile(name),
      temporary: `${path}${temporarySuffix}`
    })
  )
}

/** Writes files. Each must have another name, because a file replaces the one with its name. */
const makeWriter = <E>(store: Store<E>, folder: string) => {
  const names = new Set<string>()
  return (file: WrittenFile): Effect.Effect<void, E | InvalidInputError> =>
    Effect.suspend(() => {
      if (!Predicate.isObject(file)) {
        return Effect.fail(invalid("record", "an object with name and Body"))
      }
      if (names.has(file.name)) {
        return Effect.fail(invalid("record.name", "another name for each row"))
      }
      names.add(file.name)
      return writeFile(store, folder, file)
    })
}

const makeSinkMethods = <E, R>(
  open: Effect.Effect<Store<E>, never, R>,
  settings: Effect.Effect<Settings, InvalidInputError>,
  name: string
): SinkMethods<WrittenFile, E | InvalidInputError, R> => {
  const output = Effect.all({ settings, store: open })
  const beside = besideOutput(open, name)
  return {
    ...beside,
    place: Effect.flatMap(
      output,
      ({ settings: { folder }, store }) => Effect.map(store.resolve(folder), ({ path }) => ({ kind: "folder", path }))
    ),
    write: (rows) =>
      Effect.flatMap(output, ({ settings: { folder }, store }) =>
        Effect.zipRight(
          store.makeFolder(folder),
          Stream.runDrain(
            Stream.mapEffect(rows, makeWriter(store, folder), { concurrency: concurrentFiles })
          )
        )),
    size: Effect.as(output, undefined),
    writePart: (part, records) =>
      Effect.flatMap(output, ({ settings: { folder }, store }) =>
        Effect.zipRight(
          Effect.forEach(records, makeWriter(store, folder), {
            concurrency: concurrentFiles,
            discard: true
          }),
          writePart(store, name, part, new Uint8Array())
        )),
    join: Effect.flatMap(output, ({ settings: { folder }, store }) => store.makeFolder(folder))
  }
}

const folderPlace = <E, R>(
  open: Effect.Effect<Store<E>, never, R>,
  given: string,
  options: FolderOptions
): RowFolder<E | InvalidInputError, R> => {
  const settings = Effect.suspend(() => readSettings(given, options))
  const name = typeof given === "string" ? given.replace(/(?<=[^/])\/+$/, "") : given
  return {
    ...makeSource(given, makeSourceMethods(open, settings)),
    ...makeSink(given, makeSinkMethods(open, settings, name))
  }
}

export const folder = (path: string, options: FolderOptions = {}): RowFolder<
  InvalidInputError | PlatformError,
  FileSystem
> => folderPlace(Effect.map(FileSystem, fileStore), path, options)

export const objects = (prefix: string, options: FolderOptions = {}): RowFolder<
  InvalidInputError | ObjectStoreError,
  ObjectStore
> => folderPlace(Effect.map(ObjectStore, objectStore), prefix, options)
