/** An object store in a folder. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ObjectEntry, ObjectRange, ObjectStoreService } from "../../ObjectStore.ts"
import { ObjectStoreError, type ObjectStoreErrorReason, type ObjectStoreOperation } from "../../SageMakerError.ts"
import { partOf, toNames } from "./fileName.ts"
import {
  compareKeys,
  formatLocation,
  locationOf,
  maxKeyBytes,
  type ParsedLocation,
  rangeOf,
  unsatisfiableRange
} from "./location.ts"

const chunkBytes = 65_536

/** No bucket has this name, so no object is in this folder. */
const uploadsFolder = ".uploads"

const reasonOf = (error: PlatformError): ObjectStoreErrorReason => {
  switch (error._tag === "SystemError" ? error.reason : "Unknown") {
    // A folder is no object, and neither is a path through a file.
    case "NotFound":
    case "BadResource":
      return "not-found"
    case "PermissionDenied":
      return "access-denied"
    case "Busy":
    case "TimedOut":
      return "unavailable"
    default:
      return "other"
  }
}

/** A path through a file, or a folder with the name of the object. */
const conflict = "the folder already has an object or a folder of this name on the path"

/** The error of the file system is not kept, because it contains a path. */
const toStoreError = (operation: ObjectStoreOperation, location: string) => (error: PlatformError) => {
  const reason = reasonOf(error)
  if (operation === "put" && (reason === "not-found" || reason === "other")) {
    return new ObjectStoreError({ operation, location, reason: "other", problem: `${conflict}, or is not writable` })
  }
  const problem = reason === "access-denied" ? "permission denied by the file system" : undefined
  return new ObjectStoreError({ operation, location, reason, ...(problem === undefined ? {} : { problem }) })
}

const notFound = (operation: ObjectStoreOperation, location: string): ObjectStoreError =>
  new ObjectStoreError({ operation, location, reason: "not-found" })

/** Reads `length` bytes of a file. */
const readFile = (file: FileSystem.File, location: string, length: number) => {
  let remaining = length
  return Stream.repeatEffectOption(Effect.suspend(() => {
    if (remaining === 0) {
      return Effect.fail(Option.none())
    }
    return file.readAlloc(Math.min(chunkBytes, remaining)).pipe(
      Effect.mapError((error) => Option.some(toStoreError("get", location)(error))),
      Effect.flatMap(Option.match({
        onNone: () =>
          Effect.fail(Option.some(new ObjectStoreError({ operation: "get", location, reason: "unavailable" }))),
        onSome: (bytes) => {
          remaining -= bytes.byteLength
          return Effect.succeed(bytes)
        }
      }))
    )
  }))
}

const lengthOf = (size: number, { end, start }: ObjectRange): number =>
  (end === undefined ? size : Math.min(size, end + 1)) - start

class FileSystemStore implements ObjectStoreService {
  readonly root: string
  readonly fileSystem: FileSystem.FileSystem
  readonly path: Path.Path

  constructor(root: string, fileSystem: FileSystem.FileSystem, path: Path.Path) {
    this.root = path.resolve(root)
    this.fileSystem = fileSystem
    this.path = path
  }

  #folderOf({ bucket }: ParsedLocation): string {
    return this.path.join(this.root, bucket)
  }

  #fileOf(location: ParsedLocation): string {
    return this.path.join(this.#folderOf(location), ...toNames(location.key))
  }

  #size(operation: "get" | "head", location: string, file: string): Effect.Effect<number, ObjectStoreError> {
    return this.fileSystem.stat(file).pipe(
      Effect.mapError(toStoreError(operation, location)),
      Effect.filterOrFail(({ type }) => type === "File", () => notFound(operation, location)),
      Effect.map(({ size }) => Number(size))
    )
  }

  readonly get: ObjectStoreService["get"] = (location, range) =>
    Stream.unwrapScoped(Effect.gen(this, function*() {
      const path = this.#fileOf(yield* locationOf("get", location))
      const part = yield* rangeOf(location, range)
      yield* this.#size("get", location, path)
      const file = yield* Effect.mapError(this.fileSystem.open(path, { flag: "r" }), toStoreError("get", location))
      const { size } = yield* Effect.mapError(file.stat, toStoreError("get", location))
      if (part !== undefined && part.start >= Number(size)) {
        return yield* unsatisfiableRange(location)
      }
      yield* file.seek(part?.start ?? 0, "start")
      return readFile(file, location, lengthOf(Number(size), part ?? { start: 0 }))
    }))

  readonly put: ObjectStoreService["put"] = (location, body) =>
    Effect.scoped(Effect.gen(this, function*() {
      const path = this.#fileOf(yield* locationOf("put", location))
      const fail = toStoreError("put", location)
      const upload = yield* Effect.mapError(this.#newUpload(), fail)
      if (body instanceof Uint8Array) {
        yield* Effect.mapError(this.fileSystem.writeFile(upload, body), fail)
      } else {
        yield* this.#writeStream(upload, body, fail)
      }
      yield* this.fileSystem.makeDirectory(this.path.dirname(path), { recursive: true }).pipe(
        Effect.zipRight(this.fileSystem.rename(upload, path)),
        Effect.mapError(fail)
      )
    }))

  /** A file whose folder is removed with the scope. */
  #newUpload(): Effect.Effect<string, PlatformError, Scope.Scope> {
    const directory = this.path.join(this.root, uploadsFolder)
    return this.fileSystem.makeDirectory(directory, { recursive: true }).pipe(
      Effect.zipRight(this.fileSystem.makeTempDirectoryScoped({ directory, prefix: "upload-" })),
      Effect.map((folder) => this.path.join(folder, "object"))
    )
  }

  #writeStream<E, R>(
    path: string,
    body: Stream.Stream<Uint8Array, E, R>,
    fail: (error: PlatformError) => ObjectStoreError
  ): Effect.Effect<void, ObjectStoreError | E, R> {
    return Effect.scoped(Effect.flatMap(
      Effect.mapError(this.fileSystem.open(path, { flag: "w" }), fail),
      (file) =>
        Stream.runForEach(
          body,
          (bytes) => bytes.byteLength === 0 ? Effect.void : Effect.mapError(file.writeAll(bytes), fail)
        )
    ))
  }

  readonly head: ObjectStoreService["head"] = (location) =>
    Effect.flatMap(
      locationOf("head", location),
      (parsed) => Effect.map(this.#size("head", location, this.#fileOf(parsed)), (size) => ({ size }))
    )

  readonly list: ObjectStoreService["list"] = (prefix) =>
    Stream.unwrap(Effect.gen(this, function*() {
      const parsed = yield* locationOf("list", prefix)
      const folders = parsed.key.split("/").slice(0, -1)
      const start = this.path.join(this.#folderOf(parsed), ...folders.length === 0 ? [] : toNames(folders.join("/")))
      const found = yield* this.#walk(parsed, prefix, start, folders.map((folder) => `${folder}/`).join(""))
      return Stream.fromIterable(found.toSorted((first, second) => compareKeys(first.location, second.location)))
    }))

  /** The objects below a folder whose keys match. A file or folder that is removed meanwhile is omitted. */
  #walk(
    { bucket, key }: ParsedLocation,
    prefix: string,
    folder: string,
    keyOfFolder: string
  ): Effect.Effect<ReadonlyArray<ObjectEntry>, ObjectStoreError> {
    const ignoreAbsent = <A>(effect: Effect.Effect<A, PlatformError>, absent: A) =>
      Effect.catchAll(
        Effect.mapError(effect, toStoreError("list", prefix)),
        (error) => error.reason === "not-found" ? Effect.succeed(absent) : Effect.fail(error)
      )
    return Effect.gen(this, function*() {
      const entries: Array<ObjectEntry> = []
      for (const name of yield* ignoreAbsent(this.fileSystem.readDirectory(folder), [])) {
        const { isContinued, text } = partOf(name)
        const candidate = `${keyOfFolder}${text}`
        const keyBelow = isContinued ? candidate : `${candidate}/`
        if (candidate.length > maxKeyBytes || !(key.startsWith(keyBelow) || candidate.startsWith(key))) {
          continue
        }
        const path = this.path.join(folder, name)
        const info = yield* ignoreAbsent(Effect.asSome(this.fileSystem.stat(path)), Option.none())
        if (Option.isNone(info)) {
          continue
        }
        if (info.value.type === "Directory") {
          entries.push(...yield* this.#walk({ bucket, key }, prefix, path, keyBelow))
        } else if (
          info.value.type === "File" && candidate.startsWith(key) && path === this.#fileOf({ bucket, key: candidate })
        ) {
          entries.push({ location: formatLocation(bucket, candidate), size: Number(info.value.size) })
        }
      }
      return entries
    })
  }

  readonly remove: ObjectStoreService["remove"] = (location) =>
    Effect.flatMap(locationOf("remove", location), (parsed) => {
      const path = this.#fileOf(parsed)
      return this.fileSystem.stat(path).pipe(
        Effect.flatMap(({ type }) => (type === "File" ? this.fileSystem.remove(path) : Effect.void)),
        Effect.mapError(toStoreError("remove", location)),
        Effect.catchIf(({ reason }) => reason === "not-found", () => Effect.void)
      )
    })
}

export const makeFileSystemStore = (
  root: string
): Effect.Effect<ObjectStoreService, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    return new FileSystemStore(root, yield* FileSystem.FileSystem, path)
  })
