import { assert, it } from "@effect/vitest"
import { Chunk, Effect, Fiber, Stream } from "effect"
import {
  invokeEndpointWithResponseStream,
  type SageMakerRuntime,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"
import { describe } from "vitest"
import { anonymousClient } from "../support/anonymousClient.ts"
import { eventually, eventuallyStill } from "../support/eventually.ts"
import { part, streamServer } from "../support/streamServer.ts"

const input = { EndpointName: "story", Body: "once" }

const small = part(new Uint8Array(64))

const waysOfLeaving: ReadonlyArray<
  readonly [string, Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>]
> = [
  ["taking three parts", streamEndpoint(input).pipe(Stream.take(3), Stream.runCollect)],
  ["failing on a part", Effect.flip(Stream.runForEach(streamEndpoint(input), () => Effect.fail("enough")))],
  ["dying on a part", Effect.exit(Stream.runForEach(streamEndpoint(input), () => Effect.die("enough")))],
  [
    "interruption",
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Stream.runDrain(streamEndpoint(input)))
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
    })
  ],
  [
    "closing the scope before the body is read completely",
    Effect.scoped(
      Effect.flatMap(invokeEndpointWithResponseStream(input), ({ Body }) => Stream.runDrain(Stream.take(Body, 1)))
    )
  ],
  ["never reading the body", Effect.scoped(invokeEndpointWithResponseStream(input))],
  [
    "a timeout",
    Stream.runForEach(streamEndpoint(input), () => Effect.never).pipe(Effect.timeout("20 millis"), Effect.flip)
  ]
]

describe("An abandoned stream closes its connection immediately after", () => {
  for (const [name, leave] of waysOfLeaving) {
    it.live(`${name}, 100 times`, () =>
      Effect.gen(function*() {
        const server = yield* streamServer(small)
        yield* Effect.replicateEffect(leave, 100, { concurrency: 20, discard: true }).pipe(
          Effect.provide(anonymousClient(server.url))
        )
        yield* eventually(() => server.streams.size === 0, "5 seconds")
      }).pipe(Effect.scoped), 30_000)
  }
})

it.live("No socket stays open after any way to abandon a stream", () =>
  Effect.gen(function*() {
    const server = yield* streamServer(small)
    yield* Effect.forEach(waysOfLeaving, ([, leave]) => leave, { concurrency: "unbounded" }).pipe(
      Effect.replicateEffect(10, { discard: true }),
      Effect.provide(anonymousClient(server.url))
    )
    yield* eventually(() => server.sockets.size === 0, "10 seconds")
  }).pipe(Effect.scoped), 30_000)

it.live("A stream that is read to its end releases its connection for the next call", () =>
  Effect.gen(function*() {
    const server = yield* streamServer(small, 10)
    const counts = yield* Effect.replicateEffect(Stream.runCount(streamEndpoint(input)), 20).pipe(
      Effect.provide(anonymousClient(server.url))
    )
    assert.deepStrictEqual(counts, Array.from({ length: 20 }, () => 10))
    assert.isAtMost(server.sockets.size, 2)
  }).pipe(Effect.scoped))

it.live("A slow reader applies backpressure to the sender", () =>
  Effect.gen(function*() {
    const server = yield* streamServer(part(new Uint8Array(1024 * 1024)))
    const { Body } = yield* Effect.provide(invokeEndpointWithResponseStream(input), anonymousClient(server.url))
    const sent = () => [...server.sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0)
    const fiber = yield* Effect.fork(Stream.runForEach(Body, () => Effect.never))
    assert.isBelow(yield* eventuallyStill(sent), 16 * 1024 * 1024)
    yield* Fiber.interrupt(fiber)
  }).pipe(Effect.scoped))

it.live("A stream of one gibibyte is read in constant memory", () =>
  Effect.gen(function*() {
    const payload = new Uint8Array(64 * 1024)
    const server = yield* streamServer(part(payload), 16 * 1024)
    const inUse = () => {
      const { arrayBuffers, heapUsed } = process.memoryUsage()
      return arrayBuffers + heapUsed
    }
    const before = inUse()
    let peak = 0
    const size = yield* streamEndpoint(input).pipe(
      Stream.chunks,
      Stream.runFold(0, (size, chunk) => {
        peak = Math.max(peak, inUse() - before)
        return size + Chunk.reduce(chunk, 0, (sum, { byteLength }) => sum + byteLength)
      }),
      Timeouts.use({ idle: "10 seconds" }),
      Effect.provide(anonymousClient(server.url))
    )
    assert.strictEqual(size, 1024 ** 3)
    assert.isBelow(peak, 256 * 1024 * 1024)
  }).pipe(Effect.scoped), 60_000)
