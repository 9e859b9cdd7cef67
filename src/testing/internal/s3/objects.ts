/**
 * The objects of the emulated S3: those of an object store, with the properties that the store does not keep.
 *
 * An object that is put directly into the underlying store has an entity tag that is not the MD5 hash of its bytes, and
 * the time when it was first seen as its time of modification.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { ObjectEntry, ObjectInfo, ObjectStoreService } from "../../../ObjectStore.ts"
import { hex } from "../../../protocol/bytes/bytes.ts"
import type { ObjectStoreError, ObjectStoreErrorReason } from "../../../SageMakerError.ts"
import { type S3Error, s3Error, type S3ErrorCode } from "./error.ts"
import { type Checksum, type ChecksumType, makeMd5, observed } from "./request/checksum.ts"

/** The properties of an object. */
export interface ObjectProperties {
  readonly size: number
  /** In quotes. */
  readonly etag: string
  /** Milliseconds; whole seconds. */
  readonly lastModified: number
  /** The response headers that the request set: content type, metadata, encryption and others. */
  readonly headers: { readonly [name: string]: string }
  readonly checksum?: (Checksum & { readonly type: ChecksumType }) | undefined
  /** The sizes of the parts, for an object of a multipart upload. */
  readonly partSizes?: ReadonlyArray<number> | undefined
}

/** The properties that a write determines, in addition to those that every object has. */
export type NewProperties = Omit<ObjectProperties, "lastModified">

/** The bucket that contains the parts of unfinished uploads. Requests cannot name it. */
export const uploadsBucket = "emulated-multipart-uploads"

export const defaultContentType = "binary/octet-stream"

/** The number of locks of locations. Writes of two locations can share a lock. */
const lockCount = 64

/** The current time in whole seconds, in milliseconds. */
export const currentSecond: Effect.Effect<number> = Effect.map(
  Clock.currentTimeMillis,
  (now) => Math.floor(now / 1_000) * 1_000
)

const opaqueTag: Effect.Effect<string> = Effect.map(
  Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 2 ** 32))),
  (words) => `"${words.map((word) => word.toString(16).padStart(8, "0")).join("")}-1"`
)

/** A location can be any value, which the store rejects. */
const hashOf = (text: unknown): number => {
  let hash = 0
  if (typeof text !== "string") {
    return hash
  }
  for (let at = 0; at < text.length; at++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0
  }
  return hash
}

const codes = {
  "not-found": "NoSuchKey",
  "access-denied": "AccessDenied",
  unavailable: "SlowDown",
  other: "InternalError"
} as const satisfies Record<ObjectStoreErrorReason, S3ErrorCode>

/** The error of Amazon S3 for an error of the store. */
export const fromStoreError = ({ reason }: ObjectStoreError): S3Error => s3Error(codes[reason])

const bucketOf = (location: string): string => location.split("/", 3)[2] ?? ""

/** Computes the size and the entity tag of a stream, which is run once. */
export const withMd5 = <E, R>(body: Stream.Stream<Uint8Array, E, R>) => {
  const hash = makeMd5()
  let size = 0
  const stream = observed(body, (bytes) => {
    hash.update(bytes)
    size += bytes.byteLength
  })
  const properties = (headers: ObjectProperties["headers"]): Effect.Effect<NewProperties> =>
    Effect.map(Effect.promise(async () => hash.digest()), (md5) => ({ size, etag: `"${hex(md5)}"`, headers }))
  return { stream, properties }
}

/** An object to store. */
interface NewObject<E, R> {
  /** If it fails, no object is stored. */
  readonly body: Stream.Stream<Uint8Array, E, R>
  readonly contentType: string | undefined
  /** Runs once the object is stored. */
  readonly properties: Effect.Effect<NewProperties>
  /**
   * Runs at the end of the body, while the location is locked: writes of one location end one after another. If it fails,
   * no object is stored.
   */
  readonly precondition?: Effect.Effect<void, E> | undefined
}

class S3Objects {
  readonly #store: ObjectStoreService
  readonly #properties = new Map<string, ObjectProperties>()
  /** The time when each bucket was created or first seen. */
  readonly #buckets = new Map<string, number>()
  readonly #locks = Array.from({ length: lockCount }, () => Effect.unsafeMakeSemaphore(1))

  constructor(store: ObjectStoreService) {
    this.#store = store
  }

  /** The buckets that were created, or that an object was put into, with their times of creation. */
  readonly buckets: Effect.Effect<ReadonlyArray<readonly [name: string, created: number]>> = Effect.sync(() =>
    [...this.#buckets].filter(([name]) => name !== uploadsBucket).toSorted(([a], [b]) => (a < b ? -1 : 1))
  )

  readonly createBucket = (name: string): Effect.Effect<void> =>
    Effect.map(currentSecond, (now) => {
      this.#buckets.set(name, this.#buckets.get(name) ?? now)
    })

  readonly deleteBucket = (name: string): Effect.Effect<void> =>
    Effect.sync(() => {
      this.#buckets.delete(name)
    })

  /** The known properties, unless the object was replaced by one of another size. */
  readonly #propertiesOf = (location: string, { contentType, size }: ObjectInfo): Effect.Effect<ObjectProperties> =>
    Effect.suspend(() => {
      const known = this.#properties.get(location)
      return known?.size === size ? Effect.succeed(known) : Effect.gen(this, function*() {
        const headers = { "content-type": contentType ?? defaultContentType }
        const properties = { size, etag: yield* opaqueTag, lastModified: yield* currentSecond, headers }
        this.#properties.set(location, properties)
        return properties
      })
    })

  readonly head = (location: string): Effect.Effect<ObjectProperties, ObjectStoreError> =>
    Effect.flatMap(this.#store.head(location), (info) => this.#propertiesOf(location, info))

  /** Reads bytes of an object. `size` is the size of the whole object. */
  readonly get = (
    location: string,
    range?: { readonly start: number; readonly end: number }
  ): Stream.Stream<Uint8Array, ObjectStoreError> => this.#store.get(location, range)

  readonly list = (prefix: string): Stream.Stream<ObjectEntry, ObjectStoreError> => this.#store.list(prefix)

  readonly entryProperties = ({ location, size }: ObjectEntry): Effect.Effect<ObjectProperties> =>
    this.#propertiesOf(location, { size })

  /** Stores an object with its properties. */
  readonly put = <E, R>(
    location: string,
    { body, contentType, precondition = Effect.void, properties }: NewObject<E, R>
  ): Effect.Effect<ObjectProperties, E | ObjectStoreError, R> =>
    Effect.suspend(() => {
      const lock = this.#lockOf(location)
      let isLocked = false
      const acquire = Effect.uninterruptibleMask((restore) =>
        Effect.map(restore(lock.take(1)), () => {
          isLocked = true
        })
      )
      const lastStep = Stream.execute(Effect.zipRight(acquire, precondition))
      return Effect.uninterruptibleMask((restore) =>
        restore(this.#store.put(location, Stream.concat(body, lastStep), { contentType })).pipe(
          Effect.zipRight(properties),
          Effect.flatMap((found) => this.#remember(location, found)),
          Effect.ensuring(Effect.suspend(() => (isLocked ? lock.release(1) : Effect.void)))
        )
      )
    })

  readonly remove = (location: string): Effect.Effect<void, ObjectStoreError> =>
    Effect.suspend(() =>
      this.#lockOf(location).withPermits(1)(
        Effect.map(this.#store.remove(location), () => {
          this.#properties.delete(location)
        })
      )
    )

  #lockOf(location: string): Effect.Semaphore {
    return this.#locks[hashOf(location) % lockCount]!
  }

  #remember(location: string, properties: NewProperties): Effect.Effect<ObjectProperties> {
    return Effect.zipRight(
      this.createBucket(bucketOf(location)),
      Effect.map(currentSecond, (lastModified) => {
        const found = { ...properties, lastModified }
        this.#properties.set(location, found)
        return found
      })
    )
  }

  /** The same objects as a store; it records the properties of the objects that are put. */
  readonly store: ObjectStoreService = {
    get: (location, range) => this.#store.get(location, range),
    put: (location, body, options) => {
      const { properties, stream } = withMd5(body instanceof Uint8Array ? Stream.sync(() => body.slice()) : body)
      const contentType = options?.contentType
      const headers = { "content-type": contentType ?? defaultContentType }
      return Effect.asVoid(this.put(location, { body: stream, contentType, properties: properties(headers) }))
    },
    head: (location) => this.#store.head(location),
    list: (prefix) => this.#store.list(prefix),
    remove: this.remove
  }
}

export type { S3Objects }

/** Adds the properties that the underlying store does not keep. */
export const makeObjects = (store: ObjectStoreService): S3Objects => new S3Objects(store)
