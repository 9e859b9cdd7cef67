import { Effect, Layer } from "effect"
import { Credentials, invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { S3ObjectStore } from "effect-sagemaker-runtime/s3"
import { Emulator } from "effect-sagemaker-runtime/testing"
import * as Timeouts from "effect-sagemaker-runtime/Timeouts"

export const score = invokeEndpoint({ EndpointName: "fraud", Body: "{}" }).pipe(
  Timeouts.use({ total: "1 second" }),
  Effect.map(({ Body }): Uint8Array => Body),
  Effect.catchTag("ThrottlingError", (error) => Effect.fail(error)),
  Effect.provide(NodeSageMaker.layer({ region: "eu-west-1" }))
)

export const credentials: Layer.Layer<Credentials.Credentials> = Credentials.layer(Emulator.credentials)

export const isGone = (error: unknown): error is SageMakerError.ValidationError =>
  SageMakerError.isEndpointNotFound(error)

export const modules = { S3ObjectStore, SageMakerLanguageModel }

// @ts-expect-error: the types are resolved, so a missing member is an error.
export const invalid = invokeEndpoint({ EndpointName: 1 })
