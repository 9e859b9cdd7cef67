/** The methods of an object store on AWS's S3 client. */
import type * as Cause from "effect/Cause"
import type * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { locationOf, type ParsedLocation, rangeOf } from "../../internal/objectStore/location.ts"
import type { ObjectEntry, ObjectInfo, ObjectStoreService, PutOptions } from "../../ObjectStore.ts"
import { concat } from "../../protocol/bytes/bytes.ts"
import { ObjectStoreError } from "../../SageMakerError.ts"
import type { S3Clients } from "./clients.ts"
import { serviceErrorOf, StoreFailure, toObjectStoreError } from "./failure.ts"
import { type Position, readPage } from "./listPage.ts"
import { readObject } from "./objectReader.ts"
import type { Settings } from "./settings.ts"
import { isTooManyParts, tooManyParts, uploadParts } from "./upload.ts"
import { readAhead, toWebStream } from "./uploadBody.ts"

/** Amazon S3 stores this type if a request has none. */
const defaultContentType = "binary/octet-stream"

export class S3Store implements ObjectStoreService {
  readonly #clients: S3Clients
  readonly #settings: Settings
  readonly #runtime: Runtime.Runtime<never>
  /** Buckets that are known to exist. */
  readonly #buckets = new Set<string>()

  constructor(clients: S3Clients, settings: Settings, runtime: Runtime.Runtime<never>) {
    this.#clients = clients
    this.#settings = settings
    this.#runtime = runtime
  }

  readonly get: ObjectStoreService["get"] = (location, range) =>
    Stream.unwrap(Effect.gen(this, function*() {
      const parsed = yield* locationOf("get", location)
      const { common } = this.#settings
      return readObject({
        ...parsed,
        clients: this.#clients,
        location,
        range: yield* rangeOf(location, range),
        common
      })
    }))

  readonly put: ObjectStoreService["put"] = (location, body, options) =>
    Effect.flatMap(locationOf("put", location), (parsed) => {
      const target = { ...parsed, location, options }
      if (body instanceof Uint8Array) {
        return Effect.mapError(this.#putBytes(target, body), (error) => toObjectStoreError("put", location, error))
      }
      return isStream(body) ? this.#putStream(target, body) : Effect.fail(invalidBody(location))
    })

  readonly head: ObjectStoreService["head"] = (location) =>
    Effect.flatMap(locationOf("head", location), (parsed) =>
      this.#head(parsed).pipe(
        Effect.mapError((error) => toObjectStoreError("head", location, error)),
        Effect.catchIf(({ reason }) => reason === "not-found", (error) => this.#explainMissing(parsed.bucket, error))
      ))

  readonly list: ObjectStoreService["list"] = (prefix) =>
    Stream.unwrap(Effect.map(locationOf("list", prefix), (parsed) =>
      Stream.mapError(
        Stream.paginateChunkEffect(undefined, (position: Position | undefined) => this.#listPage(parsed, position)),
        (error) => toObjectStoreError("list", prefix, error)
      )))

  readonly remove: ObjectStoreService["remove"] = (location) =>
    Effect.flatMap(
      locationOf("remove", location),
      ({ bucket, key }) =>
        this.#clients.send(bucket, (client, { DeleteObjectCommand }, options) =>
          client.send(new DeleteObjectCommand({ ...this.#settings.common, Bucket: bucket, Key: key }), options)).pipe(
            Effect.asVoid,
            // Some stores report an absent object, Amazon S3 does not.
            Effect.catchIf((error) =>
              /^(?:NoSuchKey|NotFound)$/.test(serviceErrorOf(error).name), () =>
              Effect.void),
            Effect.mapError((error) => toObjectStoreError("remove", location, error))
          )
    )

  #head({ bucket, key }: ParsedLocation): Effect.Effect<ObjectInfo, unknown> {
    const input = { ...this.#settings.common, Bucket: bucket, Key: key }
    return this.#clients.send(
      bucket,
      (client, { HeadObjectCommand }, options) => client.send(new HeadObjectCommand(input), options)
    ).pipe(
      Effect.flatMap(({ ContentLength, ContentType }) => {
        if (ContentLength === undefined) {
          return Effect.fail(new StoreFailure("other", "the response of the store has no size"))
        }
        this.#buckets.add(bucket)
        return Effect.succeed({
          size: ContentLength,
          ...(ContentType === undefined ? {} : { contentType: ContentType })
        })
      })
    )
  }

  /**
   * A response to `HEAD` has no body, so it does not tell an absent object from an absent bucket. One more request per
   * bucket does. Only its 404 is certain: another error can mean that the credentials do not allow it.
   */
  #explainMissing(bucket: string, error: ObjectStoreError): Effect.Effect<never, ObjectStoreError> {
    if (this.#buckets.has(bucket)) {
      return Effect.fail(error)
    }
    const { ExpectedBucketOwner } = this.#settings.common
    const input = { Bucket: bucket, ...(ExpectedBucketOwner === undefined ? {} : { ExpectedBucketOwner }) }
    return this.#clients.send(
      bucket,
      (client, { HeadBucketCommand }, options) => client.send(new HeadBucketCommand(input), options)
    ).pipe(
      Effect.mapError((bucketError) => toObjectStoreError("head", error.location, bucketError)),
      Effect.matchEffect({
        onSuccess: () => this.#foundBucket(bucket, error),
        onFailure: ({ reason }) => {
          if (reason === "not-found") {
            return Effect.fail(missingBucket(error))
          }
          return reason === "unavailable" ? Effect.fail(error) : this.#foundBucket(bucket, error)
        }
      })
    )
  }

  #foundBucket(bucket: string, error: ObjectStoreError): Effect.Effect<never, ObjectStoreError> {
    this.#buckets.add(bucket)
    return Effect.fail(error)
  }

  #listPage(
    prefix: ParsedLocation,
    position: Position | undefined
  ): Effect.Effect<readonly [Chunk.Chunk<ObjectEntry>, Option.Option<Position>], unknown> {
    const { bucket, key } = prefix
    const input = {
      ...this.#settings.common,
      Bucket: bucket,
      // Keys can have characters that XML cannot.
      EncodingType: "url" as const,
      ...(key === "" ? {} : { Prefix: key }),
      ...(position === undefined ? {} : { ContinuationToken: position.token })
    }
    return Effect.flatMap(
      this.#clients.send(
        bucket,
        (client, { ListObjectsV2Command }, options) => client.send(new ListObjectsV2Command(input), options)
      ),
      (output) => readPage(prefix, output, position)
    )
  }

  #putInput(options: PutOptions | undefined) {
    return { ...this.#settings.put, ContentType: options?.contentType ?? defaultContentType }
  }

  #putBytes({ bucket, key, options }: Target, body: Uint8Array): Effect.Effect<void, unknown> {
    const input = this.#putInput(options)
    if (body.byteLength > this.#settings.upload.multipartThreshold) {
      return this.#putParts({ bucket, key, options }, body)
    }
    return Effect.asVoid(
      this.#clients.send(
        bucket,
        (client, { PutObjectCommand }, sendOptions) =>
          client.send(new PutObjectCommand({ ...input, Bucket: bucket, Key: key, Body: body }), sendOptions)
      )
    )
  }

  #putParts(
    { bucket, key, options }: Target,
    body: Uint8Array | ReadableStream<Uint8Array>
  ): Effect.Effect<void, unknown> {
    const { common, upload: settings } = this.#settings
    const request = { clients: this.#clients, bucket, key, input: this.#putInput(options), common, body, settings }
    return Effect.mapError(uploadParts(request), (error) => (isTooManyParts(error) ? tooManyParts() : error))
  }

  #putStream<E, R>(
    target: Target & { readonly location: string },
    body: Stream.Stream<Uint8Array, E, R>
  ): Effect.Effect<void, ObjectStoreError | E, R> {
    const { location } = target
    const toError = (error: unknown) => toObjectStoreError("put", location, error)
    const checked = Stream.mapEffect(
      body,
      (chunk: unknown) => chunk instanceof Uint8Array ? Effect.succeed(chunk) : Effect.fail(invalidBody(location))
    )
    return Effect.scoped(Effect.gen(this, function*() {
      const first = yield* readAhead(checked, this.#settings.upload.multipartThreshold)
      if (first.rest === undefined) {
        yield* Effect.mapError(this.#putBytes(target, concat(first.pieces)), toError)
        return
      }
      const failed = yield* Deferred.make<never, E | ObjectStoreError>()
      let failure: Cause.Cause<E | ObjectStoreError> | undefined
      const stream = toWebStream(first, this.#runtime, (cause) => {
        failure = cause
        Deferred.unsafeDone(failed, Effect.failCause(cause))
      })
      const upload = Effect.mapError(this.#putParts(target, stream), toError)
      yield* Effect.catchAllCause(
        Effect.raceFirst(upload, Deferred.await(failed)),
        (cause) => Effect.failCause(failure ?? cause)
      )
    }))
  }
}

/** Where an object is stored, and how. */
interface Target extends ParsedLocation {
  readonly options: PutOptions | undefined
}

const isStream = (body: object): boolean => typeof body === "object" && body !== null && Stream.StreamTypeId in body

const invalidBody = (location: string): ObjectStoreError =>
  new ObjectStoreError({
    operation: "put",
    location,
    reason: "other",
    problem: "the body must be a Uint8Array, or a Stream whose chunks are Uint8Arrays"
  })

const missingBucket = ({ location, requestId, status }: ObjectStoreError): ObjectStoreError =>
  new ObjectStoreError({
    operation: "head",
    location,
    reason: "other",
    problem: "the bucket does not exist",
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId })
  })
