import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Credentials, invokeEndpoint, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const client = SageMakerRuntime.layer({ region: "eu-west-1" })

const aws = client.pipe(
  Layer.provide([Signer.layer, FetchHttpClient.layer]),
  Layer.provide(Credentials.layerEnv)
)

const echo = Emulator.endpoint("echo", ({ Body }) => Effect.succeed(Body))

const emulator = client.pipe(
  Layer.provide([Signer.layer, Emulator.layerHttpClient({ endpoints: [echo] })]),
  Layer.provide(Credentials.layer(Emulator.credentials))
)

const program = invokeEndpoint({ EndpointName: "echo", Body: "hello" }).pipe(
  Effect.map(({ Body }) => new TextDecoder().decode(Body))
)

export const callAws = Effect.provide(program, aws)
export const callEmulator = Effect.provide(program, emulator)
