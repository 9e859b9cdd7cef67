/** An object store in memory. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { ObjectEntry, ObjectRange, ObjectStoreService, PutOptions } from "../../ObjectStore.ts"
import { ObjectStoreError, type ObjectStoreOperation } from "../../SageMakerError.ts"
import { firstBytes } from "./firstBytes.ts"
import {
  compareKeys,
  formatLocation,
  locationOf,
  type ParsedLocation,
  rangeOf,
  unsatisfiableRange
} from "./location.ts"

interface StoredObject {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
}

const notFound = (operation: ObjectStoreOperation, location: string): ObjectStoreError =>
  new ObjectStoreError({ operation, location, reason: "not-found" })

class MemoryStore implements ObjectStoreService {
  readonly #buckets = new Map<string, Map<string, StoredObject>>()

  readonly get: ObjectStoreService["get"] = (location, range) =>
    Stream.unwrap(
      Effect.suspend(() =>
        Either.map(
          this.#read(location, range),
          (bytes) => bytes.byteLength === 0 ? Stream.empty : Stream.succeed(bytes)
        )
      )
    )

  readonly put: ObjectStoreService["put"] = (location, body, options) =>
    Effect.zipRight(
      locationOf("put", location),
      body instanceof Uint8Array
        ? Effect.suspend(() => this.#store(location, body.slice(), options))
        : Effect.flatMap(firstBytes(body), (bytes) => this.#store(location, bytes, options))
    )

  readonly head: ObjectStoreService["head"] = (location) =>
    Effect.suspend(() =>
      Either.map(this.#find("head", location), ({ bytes, contentType }) => ({
        size: bytes.byteLength,
        ...(contentType === undefined ? {} : { contentType })
      }))
    )

  readonly list: ObjectStoreService["list"] = (prefix) =>
    Stream.unwrap(
      Effect.suspend(() =>
        Either.map(locationOf("list", prefix), (parsed) => Stream.fromIterable(this.#entries(parsed)))
      )
    )

  readonly remove: ObjectStoreService["remove"] = (location) =>
    Effect.map(locationOf("remove", location), ({ bucket, key }) => {
      this.#buckets.get(bucket)?.delete(key)
    })

  #find(operation: ObjectStoreOperation, location: string): Either.Either<StoredObject, ObjectStoreError> {
    return Either.flatMap(
      locationOf(operation, location),
      ({ bucket, key }) => Either.fromNullable(this.#buckets.get(bucket)?.get(key), () => notFound(operation, location))
    )
  }

  /** A copy of the bytes of an object, or of a range of it. */
  #read(location: string, range: ObjectRange | undefined): Either.Either<Uint8Array, ObjectStoreError> {
    return Either.gen(this, function*() {
      const { bytes } = yield* this.#find("get", location)
      const part = yield* rangeOf(location, range)
      if (part === undefined) {
        return bytes.slice()
      }
      const { end, start } = part
      return start < bytes.byteLength
        ? bytes.slice(start, end === undefined ? undefined : end + 1)
        : yield* Either.left(unsatisfiableRange(location))
    })
  }

  #store(location: string, bytes: Uint8Array, options?: PutOptions): Either.Either<void, ObjectStoreError> {
    return Either.map(locationOf("put", location), ({ bucket, key }) => {
      const objects = this.#buckets.get(bucket) ?? new Map<string, StoredObject>()
      this.#buckets.set(bucket, objects)
      objects.set(key, { bytes, contentType: options?.contentType })
    })
  }

  #entries({ bucket, key }: ParsedLocation): ReadonlyArray<ObjectEntry> {
    return [...this.#buckets.get(bucket) ?? []]
      .filter(([candidate]) => candidate.startsWith(key))
      .toSorted(([first], [second]) => compareKeys(first, second))
      .map(([found, { bytes }]) => ({ location: formatLocation(bucket, found), size: bytes.byteLength }))
  }
}

export const makeMemoryStore = (): ObjectStoreService => new MemoryStore()
