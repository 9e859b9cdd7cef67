/** The multipart uploads in progress. Their parts are objects in the store, in a bucket that requests cannot name. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { ObjectStoreError } from "../../../SageMakerError.ts"
import { type S3Error, s3Error } from "./error.ts"
import { currentSecond, type ObjectProperties, uploadsBucket } from "./objects.ts"
import type { Checksum, ChecksumAlgorithm, ChecksumType } from "./request/checksum.ts"

/** The largest part number, and so the largest number of parts. */
export const maxParts = 10_000

/** A part of an upload. */
export interface Part {
  readonly number: number
  readonly size: number
  readonly md5: Uint8Array
  readonly checksum: Checksum | undefined
  readonly lastModified: number
  readonly location: string
}

/** What is known of a part once its bytes are stored. */
type PartContent = Pick<Part, "size" | "md5" | "checksum">

/** A multipart upload. */
export interface Upload {
  readonly id: string
  readonly bucket: string
  readonly key: string
  readonly initiated: number
  readonly headers: ObjectProperties["headers"]
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType } | undefined
  readonly parts: Map<number, Part>
  /** Held while the upload is completed or aborted. */
  readonly lock: Effect.Semaphore
}

class UploadsInProgress {
  readonly #store: ObjectStoreService
  readonly #uploads = new Map<string, Upload>()
  #partCount = 0

  constructor(store: ObjectStoreService) {
    this.#store = store
  }

  /** All uploads, ordered by key and time. */
  readonly all: Effect.Effect<ReadonlyArray<Upload>> = Effect.sync(() => [...this.#uploads.values()])

  readonly start = (upload: Omit<Upload, "id" | "initiated" | "parts" | "lock">): Effect.Effect<Upload> =>
    Effect.gen(this, function*() {
      const words = yield* Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 2 ** 32)))
      const id = words.map((word) => word.toString(16).padStart(8, "0")).join("")
      const lock = yield* Effect.makeSemaphore(1)
      const started = { ...upload, id, initiated: yield* currentSecond, parts: new Map<number, Part>(), lock }
      this.#uploads.set(id, started)
      return started
    })

  /** The upload with this ID, for this object. */
  readonly find = (id: string, bucket: string, key: string): Either.Either<Upload, S3Error> => {
    const upload = this.#uploads.get(id)
    return upload?.bucket === bucket && upload.key === key ? Either.right(upload) : Either.left(s3Error("NoSuchUpload"))
  }

  /** Stores a part. It replaces the part with the same number. */
  readonly putPart = <E>(
    upload: Upload,
    number: number,
    body: Stream.Stream<Uint8Array, E>,
    content: Effect.Effect<PartContent>
  ): Effect.Effect<Part, E | S3Error | ObjectStoreError> =>
    Effect.suspend(() => {
      this.#partCount += 1
      const location = `s3://${uploadsBucket}/${upload.id}/${number}-${this.#partCount}`
      return Effect.uninterruptibleMask((restore) =>
        restore(this.#store.put(location, body)).pipe(
          Effect.zipRight(Effect.zipWith(content, currentSecond, (found, lastModified): Part => ({
            ...found,
            number,
            lastModified,
            location
          }))),
          Effect.tap((part) => this.#replace(upload, part))
        )
      )
    })

  readonly #replace = (upload: Upload, part: Part): Effect.Effect<void, S3Error> =>
    Effect.suspend(() => {
      if (this.#uploads.get(upload.id) !== upload) {
        return Effect.zipRight(this.#removeObject(part), s3Error("NoSuchUpload"))
      }
      const previous = upload.parts.get(part.number)
      upload.parts.set(part.number, part)
      return previous === undefined ? Effect.void : this.#removeObject(previous)
    })

  readonly #removeObject = ({ location }: Part): Effect.Effect<void> => Effect.ignore(this.#store.remove(location))

  /** Ends an upload and removes its parts. */
  readonly end = (upload: Upload): Effect.Effect<void> =>
    Effect.suspend(() => {
      this.#uploads.delete(upload.id)
      const parts = [...upload.parts.values()]
      upload.parts.clear()
      return Effect.forEach(parts, this.#removeObject, { discard: true, concurrency: 8 })
    })

  readonly endAll: Effect.Effect<void> = Effect.flatMap(
    this.all,
    Effect.forEach((upload) => this.end(upload), { discard: true })
  )
}

export type { UploadsInProgress as Uploads }

/** The uploads that are unfinished when the scope closes are aborted. */
export const makeUploads = (store: ObjectStoreService): Effect.Effect<UploadsInProgress, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => new UploadsInProgress(store)), ({ endAll }) => endAll)
