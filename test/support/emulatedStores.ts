import { Layer } from "effect"
import { Credentials } from "effect-sagemaker-runtime"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { Emulator } from "effect-sagemaker-runtime/testing"
import type { TestedStore } from "./objectStores.ts"

/** The store of Amazon S3, with the emulated S3. */
export const emulatedS3Store: TestedStore = {
  name: "S3ObjectStore.layer with the emulator",
  layer: S3ObjectStore.layer({ region: "eu-west-1", endpoint: "http://127.0.0.1:8080", forcePathStyle: true }).pipe(
    Layer.provide([Emulator.layerHttpClient({ endpoints: [] }), Credentials.layer(Emulator.credentials)]),
    Layer.orDie
  ),
  nestsKeys: true,
  keepsDotSegments: false,
  keepsContentTypes: true
}

/** The objects of the emulator, without its S3. */
export const emulatorStore: TestedStore = {
  name: "Emulator.layerObjectStore",
  layer: Emulator.layerObjectStore.pipe(Layer.provide(Emulator.layerHttpClient({ endpoints: [] }))),
  nestsKeys: true,
  keepsDotSegments: true,
  keepsContentTypes: true
}
