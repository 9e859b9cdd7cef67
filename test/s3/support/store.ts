import type { HttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Credentials, ObjectStore } from "effect-sagemaker-runtime"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"

export type Store = typeof ObjectStore.ObjectStore.Service

export const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMISECRET",
  sessionToken: "session/token/SECRET"
}

/** Runs `use` with a store for the endpoint, which retries once. */
export const withStore = <A, E, R, E2>(
  endpoint: string | undefined,
  http: Layer.Layer<HttpClient.HttpClient, E2>,
  use: (store: Store) => Effect.Effect<A, E, R>,
  options: S3ObjectStore.S3ObjectStoreOptions = {}
) =>
  Effect.flatMap(ObjectStore.ObjectStore, use).pipe(
    Effect.provide(
      S3ObjectStore.layer({
        region: "eu-west-1",
        ...(endpoint === undefined ? {} : { endpoint }),
        forcePathStyle: true,
        maxAttempts: 2,
        ...options
      }).pipe(Layer.provide([Credentials.layer(credentials), http]))
    )
  )
