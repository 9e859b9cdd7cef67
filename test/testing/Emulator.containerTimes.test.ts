import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { invokeEndpoint, invokeEndpointAsync, streamEndpoint, Timeouts } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulatedClient } from "../support/container.ts"

const EndpointName = "model"

/** A client of a container whose routes are effects. */
const clientOf = (
  respond: (route: string) => Effect.Effect<Response>,
  options?: Emulator.EmulatorContainerOptions
) =>
  emulatedClient(
    [Emulator.container(EndpointName, "http://container:8080", options)],
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, url) =>
        Effect.map(respond(url.pathname), (response) => HttpClientResponse.fromWeb(request, response))
      )
    )
  ).pipe(Layer.provide(Timeouts.layer({ firstByte: "1 hour", total: "1 hour", idle: "1 hour" })))

const ready = (invocations: Effect.Effect<Response>) => (route: string) =>
  route === "/ping" ? Effect.succeed(new Response(null)) : invocations

describe("A container has", () => {
  it.effect("2 seconds for a ping", () =>
    Effect.gen(function*() {
      const call = yield* Effect.fork(Effect.flip(invokeEndpoint({ EndpointName, Body: "" })))
      yield* TestClock.adjust("1999 millis")
      assert.isNull(call.unsafePoll())
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(call)
      assert.include(error, { _tag: "ModelNotReadyException" })
      assert.include(error.message, "no response within 2000 ms")
    }).pipe(Effect.provide(clientOf(() => Effect.never))))

  it.effect("60 seconds for a response, and for the headers of a stream", () =>
    Effect.gen(function*() {
      for (
        const call of [
          invokeEndpoint({ EndpointName, Body: "" }),
          Stream.runDrain(streamEndpoint({ EndpointName, Body: "" }))
        ]
      ) {
        const fiber = yield* Effect.fork(Effect.flip(Effect.asVoid(call as Effect.Effect<unknown, unknown>)))
        yield* TestClock.adjust("59999 millis")
        assert.isNull(fiber.unsafePoll())
        yield* TestClock.adjust("1 millis")
        assert.deepInclude(yield* Fiber.join(fiber), { _tag: "ModelError", OriginalStatusCode: 0 })
      }
    }).pipe(Effect.provide(clientOf(ready(Effect.never)))))

  it.effect("8 minutes for a stream", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.flip(Stream.runDrain(streamEndpoint({ EndpointName, Body: "" }))))
      yield* TestClock.adjust("479999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* Fiber.join(fiber), {
        _tag: "ModelStreamError",
        ErrorCode: "ModelInvocationTimeExceeded"
      })
    }).pipe(
      Effect.provide(clientOf(ready(Effect.sync(() =>
        new Response(
          new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1])) })
        )
      ))))
    ))

  it.effect("InvocationTimeoutSeconds for an asynchronous request, which waits until it is ready", () =>
    Effect.gen(function*() {
      let pings = 0
      const layer = clientOf((route) => {
        pings += route === "/ping" ? 1 : 0
        return route === "/ping"
          ? Effect.sync(() => new Response(null, { status: pings > 30 ? 200 : 503 }))
          : Effect.never
      })
      yield* Effect.gen(function*() {
        const { outcome } = yield* Emulator.Emulator
        yield* invokeEndpointAsync({ EndpointName, Body: "1", InferenceId: "slow", InvocationTimeoutSeconds: 120 })
        const result = yield* Effect.fork(outcome("slow"))
        yield* Effect.repeatN(TestClock.adjust("1 second"), 118)
        assert.isNull(result.unsafePoll())
        assert.strictEqual(pings, 31)
        yield* TestClock.adjust("2 seconds")
        assert.deepInclude(yield* Fiber.join(result), { _tag: "Left" })
      }).pipe(Effect.provide(layer))
    }))
})
