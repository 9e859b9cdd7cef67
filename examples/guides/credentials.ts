import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Schema } from "effect"
import { Credentials, SageMakerError } from "effect-sagemaker-runtime"
import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"

const Lease = Schema.Struct({
  accessKeyId: Schema.Redacted(Schema.String),
  secretAccessKey: Schema.Redacted(Schema.String),
  expiration: Schema.Date
})

const vault = Layer.effect(
  Credentials.Credentials,
  Effect.map(HttpClient.HttpClient, (http) => ({
    get: HttpClient.filterStatusOk(http).get("https://vault.example.com/aws/inference").pipe(
      Effect.flatMap(HttpClientResponse.schemaBodyJson(Lease)),
      Effect.mapError(() =>
        new SageMakerError.CredentialsError({ message: "The vault returned no credentials", sources: ["vault"] })
      )
    )
  }))
)

export const credentials = Credentials.firstOf(vault, NodeCredentials.layerDefault())

export const live = NodeSageMaker.layer({ region: "eu-west-1", credentials })
