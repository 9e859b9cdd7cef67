import type { S3Client } from "@aws-sdk/client-s3"
import type { HttpClient } from "@effect/platform"
import type { Layer } from "effect"
import type { Credentials, ObjectStore, SageMakerError } from "effect-sagemaker-runtime"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { expectTypeOf, it } from "vitest"

type Store<R = never> = Layer.Layer<ObjectStore.ObjectStore, SageMakerError.ConfigurationError, R>

declare const client: S3Client
declare const region: string | undefined
const credentials = { accessKeyId: "a", secretAccessKey: "b" }
const requestHandler = { connectionTimeout: 1_000 }

it("The layer requires what the options do not replace", () => {
  expectTypeOf(S3ObjectStore.layer()).toEqualTypeOf<Store<Credentials.Credentials | HttpClient.HttpClient>>()
  expectTypeOf(S3ObjectStore.layer({ region, StorageClass: "STANDARD_IA" })).toEqualTypeOf<
    Store<Credentials.Credentials | HttpClient.HttpClient>
  >()
  expectTypeOf(S3ObjectStore.layer({ credentials })).toEqualTypeOf<Store<HttpClient.HttpClient>>()
  expectTypeOf(S3ObjectStore.layer({ anonymous: true })).toEqualTypeOf<Store<HttpClient.HttpClient>>()
  expectTypeOf(S3ObjectStore.layer({ requestHandler })).toEqualTypeOf<Store<Credentials.Credentials>>()
  expectTypeOf(S3ObjectStore.layer({ credentials, requestHandler })).toEqualTypeOf<Store>()
  expectTypeOf(S3ObjectStore.layer({ client, ServerSideEncryption: "aws:kms" })).toEqualTypeOf<Store>()
})

it("Options that do not exist, or that a client has itself, are errors", () => {
  // @ts-expect-error AWS's name is partSize
  S3ObjectStore.layer({ chunkSize: 1 })
  // @ts-expect-error the client has its own region
  S3ObjectStore.layer({ client, region: "eu-west-1" })
})
