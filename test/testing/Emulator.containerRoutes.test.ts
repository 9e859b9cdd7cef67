import { FetchHttpClient, HttpClient } from "@effect/platform"
import { NodeSocket } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import {
  BearerToken,
  Credentials,
  invokeEndpoint,
  ModelEndpoint,
  SageMakerRuntime,
  Signer,
  Tokens
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulatedClient, serveContainer } from "../support/container.ts"
import { servingContainers } from "../support/servingContainers.ts"

const EndpointName = "model"

describe("A container", () => {
  it.live("serves the OpenAI-compatible route, and receives no token", () =>
    Effect.gen(function*() {
      const { vllm } = yield* servingContainers
      const emulator = Emulator.layerHttpClient({ endpoints: [Emulator.container("vllm", vllm.url)] }).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
      const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provideMerge(BearerToken.layer({ region: "eu-west-1" })),
        Layer.provide(Layer.provideMerge(Signer.layer, Credentials.layer(Emulator.credentials))),
        Layer.provide(emulator)
      )
      yield* Effect.gen(function*() {
        const chat = ModelEndpoint.openAiChat("vllm")
        const { text } = yield* Tokens.collect(chat.stream({ messages: [{ role: "user", content: "Hi" }] }))
        assert.strictEqual(text, "Hello world ✓")
      }).pipe(Effect.provide(client))
      assert.isUndefined(vllm.invocations[0]?.headers.authorization)
    }).pipe(Effect.scoped))

  it.live("has its request aborted when the call is interrupted", () =>
    Effect.gen(function*() {
      let [started, closed] = [false, false]
      const server = yield* serveContainer((response) => {
        started = true
        response.once("close", () => {
          closed = true
        })
      })
      const until = (condition: () => boolean) =>
        Effect.repeat(Effect.sleep("5 millis"), { until: condition }).pipe(Effect.timeout("5 seconds"))
      const call = yield* invokeEndpoint({ EndpointName, Body: "" }).pipe(
        Effect.provide(emulatedClient([Emulator.container(EndpointName, server.url)])),
        Effect.fork
      )
      yield* until(() => started)
      yield* Fiber.interrupt(call)
      yield* until(() => closed)
    }).pipe(Effect.scoped))

  it.live("is one endpoint with a WebSocket route of the same name, in any order", () =>
    Effect.gen(function*() {
      const server = yield* serveContainer((response) => response.end("ok"))
      const endpoints = [
        Emulator.container(EndpointName, server.url),
        Emulator.webSocketContainer(EndpointName, server.url)
      ]
      for (const ordered of [endpoints, endpoints.toReversed()]) {
        const emulator = Emulator.layerHttpClient({ endpoints: ordered, credentials: "anonymous", page: true })
        const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
          Layer.provide(Signer.layerAnonymous),
          Layer.provide(emulator),
          Layer.provide([FetchHttpClient.layer, NodeSocket.layerWebSocketConstructor])
        )
        const { Body } = yield* Effect.provide(invokeEndpoint({ EndpointName, Body: "" }), client)
        assert.strictEqual(new TextDecoder().decode(Body), "ok")
      }
    }).pipe(Effect.scoped))

  it.live("receives one request for the first call of a client, in memory too", () =>
    Effect.gen(function*() {
      let handled = 0
      const server = yield* serveContainer((response) => response.end("ok"))
      const counted = Emulator.endpoint("counted", () =>
        Effect.sync(() => {
          handled += 1
          return "ok"
        }).pipe(Effect.zipLeft(Effect.flatMap(HttpClient.HttpClient, (client) => client.get(`${server.url}/ping`)))))
      const endpoints = [Emulator.container(EndpointName, server.url), counted]
      yield* Effect.provide(invokeEndpoint({ EndpointName, Body: "" }), emulatedClient(endpoints))
      assert.lengthOf(server.pings, 1)
      assert.lengthOf(server.invocations, 1)
      yield* Effect.provide(invokeEndpoint({ EndpointName: "counted", Body: "" }), emulatedClient(endpoints))
      assert.strictEqual(handled, 1)
    }).pipe(Effect.scoped))

  it.live("serves many concurrent requests, each with its own response, after one ping", () =>
    Effect.gen(function*() {
      const server = yield* serveContainer((response, body) =>
        void setTimeout(() => response.end(body), body.length % 7)
      )
      const outputs = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => "x".repeat(index)),
        (Body) =>
          Effect.map(invokeEndpoint({ EndpointName, Body }), (output) => output.Body.byteLength === Body.length),
        { concurrency: 50 }
      ).pipe(Effect.provide(emulatedClient([Emulator.container(EndpointName, server.url)])))
      assert.isTrue(outputs.every(Boolean))
      assert.lengthOf(server.pings, 1)
    }).pipe(Effect.scoped))
})
