/** A program for a Worker: signed calls over `fetch`. */
import { FetchHttpClient } from "@effect/platform"
import { Chunk, Effect, Layer, Schema, Stream } from "effect"
import {
  Codec,
  Credentials,
  Framing,
  invokeEndpoint,
  ModelEndpoint,
  SageMakerRuntime,
  Signer,
  streamEndpoint
} from "effect-sagemaker-runtime"

const client = (endpoint: string, keys: Credentials.CredentialsInput) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint }).pipe(
    Layer.provide([Signer.layer, FetchHttpClient.layer]),
    Layer.provide(Credentials.layer(keys))
  )

export const echo = (endpoint: string, keys: Credentials.CredentialsInput, Body: string): Promise<string> =>
  invokeEndpoint({ EndpointName: "echo", Body }).pipe(
    Effect.map((reply) => new TextDecoder().decode(reply.Body)),
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

const Row = Schema.Struct({ n: Schema.Number, word: Schema.String })

const table = ModelEndpoint.make("echo", { request: Codec.csv(Row), response: Codec.csv(Row) })

/** Round-trips a row as CSV and decodes a stream of events. */
export const typed = (endpoint: string, keys: Credentials.CredentialsInput): Promise<string> =>
  Effect.all([
    table.invoke({ n: 0.5, word: "a,\"b\"" }),
    Stream.runCollect(table.stream({ n: 1, word: "" }, Framing.sse))
  ]).pipe(
    Effect.map(([row, events]) => JSON.stringify([row, Chunk.toReadonlyArray(events)])),
    Effect.provide(client(endpoint, keys)),
    Effect.runPromise
  )
