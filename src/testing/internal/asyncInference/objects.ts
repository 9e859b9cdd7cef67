/** The objects of the emulator, as bytes. */
import * as Effect from "effect/Effect"
import { bytesUpTo } from "../../../internal/objectStore/firstBytes.ts"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { ObjectStoreError } from "../../../SageMakerError.ts"
import { toS3Location } from "./locations.ts"

/** Objects by location. Both methods fail with `ObjectStoreError` if the store fails or the location is invalid. */
export interface EmulatorObjects {
  /** Stores an object at a location such as `s3://bucket/key`, replacing any existing object. */
  readonly put: (location: string, body: Uint8Array) => Effect.Effect<void, ObjectStoreError>
  /** Returns the object at a location, or `undefined` if there is none. */
  readonly get: (location: string) => Effect.Effect<Uint8Array | undefined, ObjectStoreError>
}

/** The whole object, or `undefined` as soon as it exceeds the limit in bytes. */
export const readObject = (
  store: ObjectStoreService,
  location: string,
  limit: number
): Effect.Effect<Uint8Array | undefined, ObjectStoreError> => bytesUpTo(store.get(location), limit)

export const makeObjects = (store: ObjectStoreService): EmulatorObjects => ({
  put: (location, body) => store.put(toS3Location(location), body),
  get: (location) =>
    Effect.catchIf(
      readObject(store, toS3Location(location), Infinity),
      ({ reason }) => reason === "not-found",
      () => Effect.succeed(undefined)
    )
})
