/**
 * Objects in Amazon S3 or a compatible store: the inputs and results of asynchronous inference requests.
 *
 * A location is a URL such as `s3://bucket/key`. The key is the text after the bucket, as it is: it is not
 * percent-decoded.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { makeFileSystemStore } from "./internal/objectStore/fileSystemStore.ts"
import { makeMemoryStore } from "./internal/objectStore/memoryStore.ts"
import type { ObjectStoreError } from "./SageMakerError.ts"

/**
 * A range of bytes of an object, inclusive as in HTTP.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectRange {
  /** Position of the first byte, from 0. A position at or after the end of the object fails with status 416. */
  readonly start: number
  /** Position of the last byte. Default: the last byte of the object. */
  readonly end?: number | undefined
}

/**
 * The properties of an object.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectInfo {
  /** Size in bytes. */
  readonly size: number
  /** Content type, if the store has it. */
  readonly contentType?: string | undefined
}

/**
 * An object in a list.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectEntry {
  /** The location, such as `s3://bucket/key`. */
  readonly location: string
  /** Size in bytes. */
  readonly size: number
}

/**
 * Options of `put`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PutOptions {
  /** Content type of the object. Default: the default of the store. A file system does not keep it. */
  readonly contentType?: string | undefined
}

/**
 * The methods of an object store. Each fails with reason `other` for an invalid location, before any request.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObjectStoreService {
  /**
   * Reads an object, or a range of it. Leaving the stream closes its connection. An absent object fails with reason
   * `not-found`.
   */
  readonly get: (location: string, range?: ObjectRange) => Stream.Stream<Uint8Array, ObjectStoreError>
  /**
   * Stores an object, replacing any existing one. Readers see the old object or the complete new one.
   *
   * A stream is stored in constant memory. If it fails, or if the effect is interrupted, no object is stored.
   */
  readonly put: <E = never, R = never>(
    location: string,
    body: Uint8Array | Stream.Stream<Uint8Array, E, R>,
    options?: PutOptions
  ) => Effect.Effect<void, ObjectStoreError | E, R>
  /** Returns the properties of an object. An absent object fails with reason `not-found`. */
  readonly head: (location: string) => Effect.Effect<ObjectInfo, ObjectStoreError>
  /**
   * Lists the objects whose locations start with a prefix, ordered by the UTF-8 bytes of their keys.
   *
   * The prefix has a bucket, and need not end at a `/`. A bucket that does not exist fails or has no objects.
   */
  readonly list: (prefix: string) => Stream.Stream<ObjectEntry, ObjectStoreError>
  /** Removes an object. Succeeds if there is none. */
  readonly remove: (location: string) => Effect.Effect<void, ObjectStoreError>
}

/**
 * A store of objects: Amazon S3, a folder or memory.
 *
 * @since 0.1.0
 * @category tags
 */
export class ObjectStore extends Context.Tag("effect-sagemaker-runtime/ObjectStore")<
  ObjectStore,
  ObjectStoreService
>() {}

/**
 * Stores objects in memory. The objects are lost when the layer's scope closes.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { ObjectStore } from "effect-sagemaker-runtime"
 *
 * export const copied = Effect.gen(function*() {
 *   const store = yield* ObjectStore.ObjectStore
 *   yield* store.put("s3://reports/today.txt", new TextEncoder().encode("4 calls"))
 *   return yield* store.get("s3://reports/today.txt").pipe(Stream.decodeText(), Stream.mkString)
 * }).pipe(Effect.provide(ObjectStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<ObjectStore> = Layer.sync(ObjectStore, makeMemoryStore)

/**
 * Stores objects as files below a folder: `s3://bucket/key` is the file `root/bucket/key`.
 *
 * The folder is created by the first `put`. Content types are not stored. In names, the characters that file systems
 * reserve are percent-encoded. A segment of a key with more than 255 bytes is stored as several names. A file system
 * cannot have both `s3://bucket/a` and `s3://bucket/a/b`: the second `put` fails with reason `other`. Symbolic links below
 * the folder are followed.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFileSystem = (
  root: string
): Layer.Layer<ObjectStore, never, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(ObjectStore, makeFileSystemStore(root))
