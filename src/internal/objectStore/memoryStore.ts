/** An object store in memory. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { ObjectStoreService, PutOptions } from "../../ObjectStore.ts"
import { ObjectStoreError, type ObjectStoreOperation } from "../../SageMakerError.ts"
import { firstBytes } from "./firstBytes.ts"
import { compareKeys, formatLocation, locationOf, rangeOf, unsatisfiableRange } from "./location.ts"

interface StoredObject {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
}

const notFound = (operation: ObjectStoreOperation, location: string): ObjectStoreError =>
  new ObjectStoreError({ operation, location, reason: "not-found" })

export const makeMemoryStore = (): ObjectStoreService => {
  const buckets = new Map<string, Map<string, StoredObject>>()

  const find = (operation: ObjectStoreOperation, location: string): Either.Either<StoredObject, ObjectStoreError> =>
    Either.flatMap(
      locationOf(operation, location),
      ({ bucket, key }) => Either.fromNullable(buckets.get(bucket)?.get(key), () => notFound(operation, location))
    )

  const store = (location: string, bytes: Uint8Array, options?: PutOptions) =>
    Effect.map(locationOf("put", location), ({ bucket, key }) => {
      const objects = buckets.get(bucket) ?? new Map<string, StoredObject>()
      buckets.set(bucket, objects)
      objects.set(key, { bytes, contentType: options?.contentType })
    })

  return {
    get: (location, range) =>
      Stream.unwrap(Effect.suspend(() =>
        Either.gen(function*() {
          const { bytes } = yield* find("get", location)
          const { end, start } = (yield* rangeOf(location, range)) ?? { start: 0 }
          if (range !== undefined && start >= bytes.byteLength) {
            return yield* Either.left(unsatisfiableRange(location))
          }
          const part = bytes.slice(start, end === undefined ? undefined : end + 1)
          return part.byteLength === 0 ? Stream.empty : Stream.succeed(part)
        })
      )),
    put: (location, body, options) =>
      Effect.zipRight(
        locationOf("put", location),
        body instanceof Uint8Array
          ? Effect.suspend(() => store(location, body.slice(), options))
          : Effect.flatMap(firstBytes(body), (bytes) => store(location, bytes, options))
      ),
    head: (location) =>
      Effect.suspend(() =>
        Either.map(
          find("head", location),
          ({ bytes, contentType }) =>
            contentType === undefined ? { size: bytes.byteLength } : { size: bytes.byteLength, contentType }
        )
      ),
    list: (prefix) =>
      Stream.unwrap(
        Effect.suspend(() =>
          Either.map(locationOf("list", prefix), ({ bucket, key }) =>
            Stream.fromIterable(
              [...buckets.get(bucket) ?? []]
                .filter(([candidate]) => candidate.startsWith(key))
                .toSorted(([first], [second]) => compareKeys(first, second))
                .map(([found, { bytes }]) => ({ location: formatLocation(bucket, found), size: bytes.byteLength }))
            ))
        )
      ),
    remove: (location) =>
      Effect.map(locationOf("remove", location), ({ bucket, key }) => {
        buckets.get(bucket)?.delete(key)
      })
  }
}
