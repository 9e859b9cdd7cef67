/** Reads an object. If the body is cut, it continues with a request for the rest. */
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { unsatisfiableRange } from "../../internal/objectStore/location.ts"
import type { ObjectRange } from "../../ObjectStore.ts"
import type { ObjectStoreError } from "../../SageMakerError.ts"
import { type ByteReader, byteReader } from "./byteReader.ts"
import type { S3Clients } from "./clients.ts"
import { serviceErrorOf, StoreFailure, toObjectStoreError } from "./failure.ts"
import type { CommonMembers } from "./settings.ts"

/** An object, or a part of it, to be read. */
export interface ObjectRequest {
  readonly clients: S3Clients
  readonly location: string
  readonly bucket: string
  readonly key: string
  readonly range: ObjectRange | undefined
  readonly common: CommonMembers
}

/** How often a body that is cut is continued without progress. */
const maxResumes = 4

/** So many bytes since the last cut are progress. */
const progressBytes = 8 * 1024 * 1024

const resumeDelayMillis = 100

const cutBody = (): StoreFailure => new StoreFailure("unavailable", "the response of the store is incomplete")

const unknownBody = (): StoreFailure => new StoreFailure("other", "AWS's client returned a body of an unknown kind")

const ignoredRange = (): StoreFailure => new StoreFailure("other", "the store does not support ranges")

const replaced = (): StoreFailure => new StoreFailure("unavailable", "the object was replaced while it was read")

/** A response whose body is being read. */
interface Opened {
  readonly reader: ByteReader
  readonly abort: () => void
  /** The number of bytes that the body must have, if it is known. */
  readonly length: number | undefined
}

type Pulled = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<ObjectStoreError>>

class ObjectReader {
  readonly #request: ObjectRequest
  #opened: Opened | undefined
  #etag: string | undefined
  /** The bytes that have been read of the object or of its range. */
  #offset = 0
  #offsetOfResponse = 0
  #resumes = 0

  constructor(request: ObjectRequest) {
    this.#request = request
  }

  readonly pull: Pulled = Effect.suspend(() =>
    this.#opened === undefined
      ? Effect.zipRight(Effect.mapError(this.#open(), Option.some), this.pull)
      : this.#read(this.#opened)
  )

  readonly close: Effect.Effect<void> = Effect.sync(() => {
    const opened = this.#opened
    this.#opened = undefined
    opened?.abort()
    opened?.reader.cancel()
  })

  #read({ length, reader }: Opened): Pulled {
    if (this.#offset === this.#size && !this.#isComplete(length)) {
      return Effect.fail(Option.none())
    }
    return Effect.matchEffect(Effect.tryPromise({ try: () => reader.next(), catch: identity }), {
      onFailure: (error) => this.#resume(error),
      onSuccess: ({ done, value }) => {
        if (done !== true) {
          return this.#receive(value)
        }
        return this.#isComplete(length) || length === undefined ? Effect.fail(Option.none()) : this.#resume(cutBody())
      }
    })
  }

  #isComplete(length: number | undefined): boolean {
    return length !== undefined && this.#offset - this.#offsetOfResponse >= length
  }

  #receive(chunk: unknown): Pulled {
    if (!(chunk instanceof Uint8Array)) {
      return Effect.fail(this.#failure(unknownBody()))
    }
    const wanted = chunk.subarray(0, this.#size - this.#offset)
    this.#offset += wanted.byteLength
    return Effect.succeed(Chunk.of(wanted))
  }

  #failure(error: unknown): Option.Option<ObjectStoreError> {
    return Option.some(toObjectStoreError("get", this.#request.location, error))
  }

  /** Continues after the last byte that arrived, if the body was cut and the version of the object is known. */
  #resume(error: unknown): Pulled {
    const failure = toObjectStoreError("get", this.#request.location, error)
    const isProgress = this.#offset - this.#offsetOfResponse >= progressBytes
    const resumes = isProgress ? 0 : this.#resumes
    // After a wrong checksum, the caller already has wrong bytes.
    const isCut = failure.reason === "unavailable" && !isChecksumMismatch(error)
    if (isCut && this.#isComplete(this.#opened?.length)) {
      return Effect.fail(Option.none())
    }
    if (!isCut || this.#etag === undefined || resumes === maxResumes) {
      return Effect.zipRight(this.close, Effect.fail(Option.some(failure)))
    }
    this.#resumes = resumes + 1
    return this.close.pipe(
      Effect.zipRight(Random.nextRange(0, resumeDelayMillis * 2 ** resumes)),
      Effect.flatMap(Effect.sleep),
      Effect.zipRight(this.pull)
    )
  }

  #open(): Effect.Effect<void, ObjectStoreError> {
    const { location, range } = this.#request
    return Effect.suspend(() => {
      const controller = new AbortController()
      return this.#send(controller.signal).pipe(
        Effect.flatMap((output) => this.#opening(output, controller)),
        Effect.onError(() => Effect.sync(() => controller.abort())),
        Effect.mapError((error) => {
          const { status } = serviceErrorOf(error)
          if (status === 416 && this.#offset === 0 && range !== undefined) {
            return unsatisfiableRange(location)
          }
          const isReplaced = this.#offset > 0 && (status === 412 || status === 416)
          return toObjectStoreError("get", location, isReplaced ? replaced() : error)
        })
      )
    })
  }

  /** The value of the header `Range`; `undefined` for the whole object. */
  get #rangeHeader(): string | undefined {
    const { range } = this.#request
    return range === undefined && this.#offset === 0
      ? undefined
      : `bytes=${this.#start}-${range?.end ?? ""}`
  }

  /** The number of bytes in the range, if its end is known. A store may send more. */
  get #size(): number {
    const { range } = this.#request
    return range?.end === undefined ? Infinity : range.end + 1 - range.start
  }

  /** The position in the object of the next byte to be read. */
  get #start(): number {
    return (this.#request.range?.start ?? 0) + this.#offset
  }

  #send(abortSignal: AbortSignal): Effect.Effect<GetObjectCommandOutput, unknown> {
    const { bucket, clients, common, key } = this.#request
    const rangeHeader = this.#rangeHeader
    const input = {
      ...common,
      Bucket: bucket,
      Key: key,
      ...(rangeHeader === undefined ? {} : { Range: rangeHeader }),
      ...(this.#offset === 0 ? {} : { IfMatch: this.#etag })
    }
    return clients.open(
      bucket,
      (client, { GetObjectCommand }, options) => client.send(new GetObjectCommand(input), options),
      abortSignal
    )
  }

  #opening(
    { $metadata, Body, ContentLength, ContentRange, ETag }: GetObjectCommandOutput,
    controller: AbortController
  ): Effect.Effect<void, StoreFailure> {
    return Effect.suspend(() => {
      const isPart = $metadata.httpStatusCode === 206 && (ContentRange?.startsWith(`bytes ${this.#start}-`) ?? true)
      const reader = byteReader(Body)
      if (reader === undefined) {
        return Effect.fail(unknownBody())
      }
      if (this.#start > 0 && !isPart) {
        reader.cancel()
        return Effect.fail(this.#offset > 0 ? cutBody() : ignoredRange())
      }
      this.#etag ??= ETag
      this.#offsetOfResponse = this.#offset
      this.#opened = { reader, abort: () => controller.abort(), length: ContentLength }
      return Effect.void
    })
  }
}

const isChecksumMismatch = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Checksum mismatch")

/** Leaving the stream closes the connection. */
export const readObject = (request: ObjectRequest): Stream.Stream<Uint8Array, ObjectStoreError> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(Effect.sync(() => new ObjectReader(request)), ({ close }) => close),
    ({ pull }) => Stream.repeatEffectChunkOption(pull)
  ))
