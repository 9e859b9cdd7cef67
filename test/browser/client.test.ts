import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Layer, Schedule, Stream } from "effect"
import { Credentials, invokeEndpoint, SageMakerRuntime, Signer, streamEndpoint } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

const clientWith = (keys: Credentials.CredentialsInput) =>
  SageMakerRuntime.layer({ region: "eu-west-1", endpoint: location.origin }).pipe(
    Layer.provide([Signer.layer, FetchHttpClient.layer]),
    Layer.provide(Credentials.layer(keys))
  )

const client = clientWith(Emulator.credentials)

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Waits until the emulator runs this number of calls for an endpoint. */
const untilRunning = (EndpointName: string, count: number) =>
  invokeEndpoint({ EndpointName: "running", Body: EndpointName }).pipe(
    Effect.repeat({ until: ({ Body }) => text(Body) === String(count), schedule: Schedule.spaced("10 millis") }),
    Effect.timeout("5 seconds")
  )

describe("In a browser,", () => {
  it("there is no Buffer and no Node global", () => {
    assert.isFalse("Buffer" in globalThis)
    assert.isUndefined(globalThis.process?.versions?.node)
  })

  it.live("a signed call transfers every byte in both directions", () =>
    Effect.gen(function*() {
      const { Body } = yield* invokeEndpoint({ EndpointName: "echo", Body: everyByte })
      assert.deepStrictEqual(Body, everyByte)
    }).pipe(Effect.provide(client)))

  it.live("a response stream arrives in its parts as they are sent", () =>
    Effect.gen(function*() {
      const parts = yield* streamEndpoint({ EndpointName: "slow-story", Body: "" }).pipe(
        Stream.mapEffect((part) =>
          Effect.map(Effect.clockWith((clock) => clock.currentTimeMillis), (at) => ({ part: text(part), at }))
        ),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray)
      )
      assert.deepStrictEqual(parts.map(({ part }) => part), ["once", "upon", "a", "time"])
      assert.isAbove((parts.at(-1)?.at ?? 0) - (parts.at(0)?.at ?? 0), 150)
    }).pipe(Effect.provide(client)))

  it.live("taking one part of an endless stream closes its connection", () =>
    Effect.gen(function*() {
      const [part] = yield* Stream.runCollect(Stream.take(streamEndpoint({ EndpointName: "endless", Body: "" }), 1))
      assert.strictEqual(text(part ?? new Uint8Array()), "tick")
      yield* untilRunning("endless", 0)
    }).pipe(Effect.provide(client)))

  it.live("interrupting a call aborts its request", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(invokeEndpoint({ EndpointName: "hanging", Body: "" }))
      yield* untilRunning("hanging", 1)
      yield* Fiber.interrupt(fiber)
      yield* untilRunning("hanging", 0)
    }).pipe(Effect.provide(client)))

  it.live("a container failure is a ModelError with its status", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "broken", Body: "" }))
      assert.strictEqual(error._tag, "ModelError")
      assert.strictEqual(error._tag === "ModelError" && error.OriginalStatusCode, 500)
    }).pipe(Effect.provide(client)))

  it.live("a wrong secret key is an AccessDeniedError", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(invokeEndpoint({ EndpointName: "echo", Body: "" }))
      assert.strictEqual(error._tag, "AccessDeniedError")
    }).pipe(Effect.provide(clientWith({ ...Emulator.credentials, secretAccessKey: "another" }))))
})
