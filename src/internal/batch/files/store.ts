/** Places of files: a file system or an object store. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { ObjectStoreError } from "../../../SageMakerError.ts"
import { firstBytes } from "../../objectStore/firstBytes.ts"

/** A file or an object. */
export interface Entry {
  readonly name: string
  readonly size: number
}

interface WriteOptions {
  readonly contentType?: string | undefined
  /** The path of the file until it is complete. Default: the name with `.next` after it. Object stores need none. */
  readonly temporary?: string | undefined
}

/** The operations on files that sources and sinks need. Names are paths or locations. */
export interface Store<E> {
  /** The size of a file, `undefined` if there is none. */
  readonly find: (name: string) => Effect.Effect<number | undefined, E>
  /** The path without symbolic links, and whether it is a folder. It need not exist. */
  readonly resolve: (name: string) => Effect.Effect<{ readonly path: string; readonly isFolder: boolean }, E>
  /** The size of a file. Fails if there is none. */
  readonly size: (name: string) => Effect.Effect<number, E>
  /** Reads the bytes from `start` to before `end`. */
  readonly read: (name: string, start: number, end: number) => Stream.Stream<Uint8Array, E>
  /** Replaces a file, or the target of a symbolic link if no path is `temporary`. After a crash, the old or the new one is there. */
  readonly write: <E2, R2>(
    name: string,
    bytes: Stream.Stream<Uint8Array, E2, R2> | Uint8Array,
    options?: WriteOptions
  ) => Effect.Effect<void, E | E2, R2>
  /** Makes a folder, if files need one. */
  readonly makeFolder: (folder: string) => Effect.Effect<void, E>
  /** The files of a folder, in the order of their names. Folders in it are read, too, if it is deep. */
  readonly list: (folder: string, depth: "deep" | "flat") => Effect.Effect<ReadonlyArray<Entry>, E>
  /** Removes a folder with its files. Succeeds if there is none. */
  readonly removeFolder: (folder: string) => Effect.Effect<void, E>
}

const isAbsent = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

const orAbsent = <A>(effect: Effect.Effect<A, PlatformError>): Effect.Effect<A | undefined, PlatformError> =>
  Effect.catchIf(effect, isAbsent, () => Effect.succeed(undefined))

class Files implements Store<PlatformError> {
  readonly #files: FileSystem.FileSystem

  constructor(files: FileSystem.FileSystem) {
    this.#files = files
  }

  readonly resolve = (name: string) =>
    Effect.all({
      path: this.#realPath(name),
      isFolder: Effect.map(orAbsent(this.#files.stat(name)), (info) => info?.type === "Directory")
    })

  /** The path without symbolic links of a file or of the nearest folder above it. */
  #realPath(name: string): Effect.Effect<string, PlatformError> {
    const [, above, base] = /^(.*?)\/*([^/]+)\/*$/.exec(name) ?? []
    return Effect.flatMap(orAbsent(this.#files.realPath(name)), (path) => {
      if (path !== undefined || base === undefined) {
        return Effect.succeed(path ?? name)
      }
      const folder = above === "" && !name.startsWith("/") ? "." : `${above}/`
      return Effect.map(
        name === folder ? Effect.succeed(folder) : this.#realPath(folder),
        (found) => `${found.replace(/\/+$/, "")}/${base}`
      )
    })
  }

  readonly size = (name: string) => Effect.map(this.#files.stat(name), ({ size }) => Number(size))

  readonly find = (name: string) => orAbsent(this.size(name))

  readonly read = (name: string, start: number, end: number) =>
    start >= end ? Stream.empty : this.#files.stream(name, {
      offset: FileSystem.Size(start),
      bytesToRead: FileSystem.Size(end - start)
    })

  readonly write = <E2, R2>(
    name: string,
    bytes: Stream.Stream<Uint8Array, E2, R2> | Uint8Array,
    { temporary }: WriteOptions = {}
  ) =>
    Effect.flatMap(
      orAbsent(this.#files.realPath(name)),
      (target = name) =>
        this.#replace(target, bytes instanceof Uint8Array ? Stream.make(bytes) : bytes, temporary ?? `${target}.next`)
    )

  #replace<E2, R2>(name: string, parts: Stream.Stream<Uint8Array, E2, R2>, next: string) {
    return Effect.scoped(Effect.gen(this, function*() {
      const file = yield* this.#files.open(next, { flag: "w" })
      yield* Stream.runForEach(parts, (part) => (part.length === 0 ? Effect.void : file.writeAll(part)))
      yield* file.sync
    })).pipe(
      Effect.zipRight(this.#files.rename(next, name)),
      Effect.onError(() => Effect.ignore(this.#files.remove(next)))
    )
  }

  readonly list = (folder: string, depth: "deep" | "flat") =>
    Effect.gen(this, function*() {
      const entries: Array<Entry> = []
      for (const name of (yield* this.#files.readDirectory(folder, { recursive: depth === "deep" })).toSorted()) {
        const path = `${folder}/${name}`
        const info = yield* orAbsent(this.#files.stat(path))
        if (info?.type === "File") {
          entries.push({ name: path, size: Number(info.size) })
        }
      }
      return entries
    })

  readonly removeFolder = (folder: string) => this.#files.remove(folder, { recursive: true, force: true })

  readonly makeFolder = (folder: string) => this.#files.makeDirectory(folder, { recursive: true })
}

export const fileStore = (files: FileSystem.FileSystem): Store<PlatformError> => new Files(files)

/** A request reads at most this many bytes, so that no connection waits for the model. */
const segmentBytes = 8_388_608

const isNoObject = (error: ObjectStoreError): boolean => error.reason === "not-found"

/** An empty object that Amazon S3's console creates for a folder. */
const isFolderMarker = (location: string): boolean => location.endsWith("/")

class Objects implements Store<ObjectStoreError> {
  readonly #objects: ObjectStoreService

  constructor(objects: ObjectStoreService) {
    this.#objects = objects
  }

  readonly resolve = (name: string) => Effect.succeed({ path: name, isFolder: false })

  readonly size = (name: string) => Effect.map(this.#objects.head(name), ({ size }) => size)

  readonly find = (name: string) => Effect.catchIf(this.size(name), isNoObject, () => Effect.succeed(undefined))

  readonly read = (name: string, start: number, end: number) =>
    Stream.mapEffect(
      Stream.unfold(start, (position) => {
        const next = Math.min(end, position + segmentBytes)
        return position >= end ? Option.none() : Option.some([{ start: position, end: next - 1 }, next] as const)
      }),
      (range) => firstBytes(this.#objects.get(name, range))
    )

  readonly write = <E2, R2>(
    name: string,
    bytes: Stream.Stream<Uint8Array, E2, R2> | Uint8Array,
    { contentType }: WriteOptions = {}
  ) => this.#objects.put(name, bytes, contentType === undefined ? {} : { contentType })

  readonly list = (folder: string, depth: "deep" | "flat") =>
    Stream.runCollect(this.#objects.list(`${folder}/`)).pipe(
      Effect.map((found) =>
        Chunk.toReadonlyArray(found)
          .filter(({ location }) =>
            depth === "deep" ? !isFolderMarker(location) : !location.slice(folder.length + 1).includes("/")
          )
          .map(({ location, size }): Entry => ({ name: location, size }))
      )
    )

  readonly makeFolder = () => Effect.void

  readonly removeFolder = (folder: string) =>
    Stream.runForEach(
      Stream.mapEffect(this.#objects.list(`${folder}/`), ({ location }) => this.#objects.remove(location), {
        concurrency: 16,
        unordered: true
      }),
      () => Effect.void
    )
}

export const objectStore = (objects: ObjectStoreService): Store<ObjectStoreError> => new Objects(objects)
