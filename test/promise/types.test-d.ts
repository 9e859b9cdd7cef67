/** @effect-diagnostics missingEffectContext:off missingLayerContext:off */
import { Effect, Layer, type Scope, Stream } from "effect"
import {
  Credentials,
  type InvokeEndpoint,
  invokeEndpoint,
  type InvokeEndpointWithResponseStream,
  invokeEndpointWithResponseStream,
  ModelEndpoint,
  type ObjectStore,
  SageMakerRuntime,
  Session,
  Signer,
  streamEndpoint,
  type Tokens
} from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"
import { describe, expectTypeOf, it } from "vitest"

const client = Client.make(NodeSageMaker.layer())

const input = { EndpointName: "story", Body: "Once" }

declare const store: Effect.Effect<string, never, ObjectStore.ObjectStore>

declare const stored: Stream.Stream<string, never, ObjectStore.ObjectStore>

describe("Client", () => {
  it("infers results", () => {
    expectTypeOf(client.run(invokeEndpoint(input))).resolves.toEqualTypeOf<InvokeEndpoint.InvokeEndpointOutput>()
    expectTypeOf(client.iterate(streamEndpoint(input))).toEqualTypeOf<AsyncIterable<Uint8Array>>()
    expectTypeOf(client.iterate(ModelEndpoint.chat("llama").stream({ messages: [] }))).toEqualTypeOf<
      AsyncIterable<Tokens.Token>
    >()
    expectTypeOf(client.run(Effect.succeed(1))).resolves.toEqualTypeOf<number>()
  })

  it("infers the members of an opened response", async () => {
    const response = await client.open(invokeEndpointWithResponseStream(input))
    expectTypeOf(response.Body).toExtend<AsyncIterable<Uint8Array>>()
    expectTypeOf(response.Body).toExtend<
      InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamOutput["Body"]
    >()
    expectTypeOf(response.ContentType).toEqualTypeOf<string | undefined>()
    expectTypeOf(response.close).toEqualTypeOf<() => Promise<void>>()
    expectTypeOf(response).toExtend<AsyncDisposable>()
    const session = await client.open(Session.make(ModelEndpoint.chat("llama")))
    expectTypeOf(session.close).toExtend<Effect.Effect<void, unknown>>()
    expectTypeOf(session).toExtend<AsyncDisposable>()
    const stream = await client.open(Effect.succeed(Stream.make(1)))
    expectTypeOf(stream).toExtend<Stream.Stream<number> & AsyncIterable<number> & { close: () => Promise<void> }>()
  })

  it("does not iterate over a stream whose services are missing", async () => {
    const opened = await client.open(Effect.succeed({ stored }))
    // @ts-expect-error: ObjectStore
    opened.stored[Symbol.asyncIterator]()
  })

  it("requires the services of the layer", () => {
    // @ts-expect-error: ObjectStore
    void client.run(store)
    // @ts-expect-error: ObjectStore
    client.iterate(stored)
    // @ts-expect-error: Scope, which open has
    void client.run(invokeEndpointWithResponseStream(input))
    // @ts-expect-error: ObjectStore
    void client.open(Effect.map(store, (value) => ({ value })))
    // @ts-expect-error: the result is not an object
    void client.open(Effect.succeed("text"))
    void client.open(Effect.succeed({}) as Effect.Effect<{}, never, Scope.Scope>)
  })

  it("requires a complete layer", () => {
    const incomplete = SageMakerRuntime.layer({ region: "eu-west-1" })
    // @ts-expect-error: HttpClient and Signer
    Client.make(incomplete)
    Client.make(Layer.provide(Signer.layer, Credentials.layerEnv))
  })

  it("a client of more services is a client of fewer", () => {
    expectTypeOf(client).toExtend<Client.Client<SageMakerRuntime.SageMakerRuntime>>()
    expectTypeOf<Client.Client<SageMakerRuntime.SageMakerRuntime>>().not.toExtend<
      Client.Client<ObjectStore.ObjectStore>
    >()
    expectTypeOf(client).toExtend<AsyncDisposable>()
  })
})
