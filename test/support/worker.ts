/** What a Worker would do with this package: a call, signed and sent with `fetch`. */
import { FetchHttpClient } from "@effect/platform"
import { Chunk, Effect, Layer, Stream } from "effect"
import { Credentials, invokeEndpoint, SageMakerRuntime, Signer, streamEndpoint } from "effect-sagemaker-runtime"

const client = (endpoint: string, keys: Credentials.CredentialsInput) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint }).pipe(
    Layer.provide([Signer.layer, FetchHttpClient.layer]),
    Layer.provide(Credentials.layer(keys))
  )

export const echo = (endpoint: string, keys: Credentials.CredentialsInput, Body: string): Promise<string> =>
  invokeEndpoint({ EndpointName: "echo", Body }).pipe(
    Effect.map((answer) => new TextDecoder().decode(answer.Body)),
    Effect.catchAll((error) => Effect.succeed(error._tag)),
    Effect.provide(client(endpoint, keys)),
    Effect.runPromise
  )

export const story = (endpoint: string, keys: Credentials.CredentialsInput): Promise<string> =>
  streamEndpoint({ EndpointName: "story", Body: "" }).pipe(
    Stream.decodeText(),
    Stream.runCollect,
    Effect.map(Chunk.join(" ")),
    Effect.provide(client(endpoint, keys)),
    Effect.runPromise
  )
