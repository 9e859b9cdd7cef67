/** The emulated S3: objects in memory. */
import * as Effect from "effect/Effect"

/** Objects by location. */
export interface EmulatorObjects {
  /** Stores an object at a location such as `s3://bucket/key`, replacing any existing object. */
  readonly put: (location: string, body: Uint8Array) => Effect.Effect<void>
  /** Returns the object at a location, or `undefined` if there is none. */
  readonly get: (location: string) => Effect.Effect<Uint8Array | undefined>
}

export const makeObjects = (): EmulatorObjects => {
  const objects = new Map<string, Uint8Array>()
  return {
    put: (location, body) => Effect.sync(() => objects.set(location, body)),
    get: (location) => Effect.sync(() => objects.get(location))
  }
}
