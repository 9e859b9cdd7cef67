/** The checks that run on every runtime, with the same client calls. */
import { Cause, Chunk, Clock, Effect, Fiber, type Layer, Queue, Schedule, Stream } from "effect"
import {
  invokeEndpoint,
  InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream,
  type SageMakerRuntime,
  streamEndpoint,
  Timeouts
} from "effect-sagemaker-runtime"

/** The columns of the table. */
export const checkNames = [
  "unary",
  "stream",
  "error",
  "deadline",
  "interruption",
  "bidirectional",
  "credentials"
] as const

/** The result of `bidirectional` on a runtime for which this package has no transport. */
export const needsTransport = "needs a `DuplexTransport`"

/** `pass`, `needsTransport`, or why the check failed. */
export type Results = { readonly [name in (typeof checkNames)[number]]: string }

type Check = Effect.Effect<void, unknown, SageMakerRuntime.SageMakerRuntime>

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

export const expect = (problem: string, actual: unknown, expected: unknown): Effect.Effect<void, string> => {
  const [received, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  return received === wanted ? Effect.void : Effect.fail(`${problem}: received ${received}, expected ${wanted}`)
}

export const tagOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "_tag" in error ? error._tag : String(error)

/** Waits until the server runs this number of calls of an endpoint. */
const untilRunning = (EndpointName: string, count: number) =>
  invokeEndpoint({ EndpointName: "running", Body: EndpointName }).pipe(
    Effect.repeat({ until: ({ Body }) => text(Body) === String(count), schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutFail({
      duration: "5 seconds",
      onTimeout: () => `the server still runs another number of calls than ${count} of ${EndpointName}`
    })
  )

/** Calls an endpoint that returns the request, with every byte. */
export const echo: Check = invokeEndpoint({ EndpointName: "echo", Body: everyByte }).pipe(
  Effect.flatMap(({ Body }) => expect("the response", [...Body], [...everyByte]))
)

const stream: Check = streamEndpoint({ EndpointName: "slow-story", Body: "" }).pipe(
  Stream.mapEffect((part) => Effect.map(Clock.currentTimeMillis, (at) => ({ part: text(part), at }))),
  Stream.runCollect,
  Effect.map(Chunk.toReadonlyArray),
  Effect.tap((parts) => expect("the parts", parts.map(({ part }) => part), ["once", "upon", "a", "time"])),
  Effect.filterOrFail(
    (parts) => (parts.at(-1)?.at ?? 0) - (parts.at(0)?.at ?? 0) > 150,
    () => "the parts arrive together, not as they are sent"
  )
)

const error: Check = Effect.gen(function*() {
  const modelError = yield* Effect.flip(invokeEndpoint({ EndpointName: "broken", Body: "" }))
  yield* expect("the error", modelError._tag, "ModelError")
  yield* expect("its status", modelError._tag === "ModelError" && modelError.OriginalStatusCode, 500)
  const broken = streamEndpoint({ EndpointName: "broken-stream", Body: "" })
  const streamError = yield* Effect.flip(Stream.runDrain(broken))
  yield* expect("the error of the stream", streamError._tag, "ModelStreamError")
})

/** A call to a port on which no server listens. `fetch` of browsers does not distinguish it from a lost connection. */
const refused: Check = Effect.gen(function*() {
  const transportError = yield* Effect.flip(invokeEndpoint({ EndpointName: "echo", Body: "" }))
  yield* expect("the error without a server", transportError._tag, "TransportError")
  yield* expect("its retry class", transportError.retry, "transient")
})

const deadline: Check = Effect.gen(function*() {
  const timeoutError = yield* Effect.flip(
    Timeouts.use(invokeEndpoint({ EndpointName: "hanging", Body: "" }), { total: "300 millis" })
  )
  yield* expect("the error", timeoutError._tag, "TimeoutError")
  yield* untilRunning("hanging", 0)
})

const interruption: Check = Effect.gen(function*() {
  const fiber = yield* Effect.fork(invokeEndpoint({ EndpointName: "hanging", Body: "" }))
  yield* untilRunning("hanging", 1)
  yield* Fiber.interrupt(fiber)
  yield* untilRunning("hanging", 0)
  const first = yield* Stream.runCollect(Stream.take(streamEndpoint({ EndpointName: "endless", Body: "" }), 1))
  yield* expect("the first part", Chunk.toReadonlyArray(first).map(text), ["tick"])
  yield* untilRunning("endless", 0)
})

/** Sends the second question after the first response, and leaves the stream before its end. */
export const bidirectional = Effect.gen(function*() {
  const questions = yield* Queue.unbounded<string>()
  const { Body } = yield* invokeEndpointWithBidirectionalStream({
    EndpointName: "conversation",
    Body: Bidirectional.messages(Stream.fromQueue(questions))
  })
  yield* Queue.offer(questions, "first")
  const responses = yield* Bidirectional.texts(Body).pipe(
    Stream.tap(() => Queue.offer(questions, "second")),
    Stream.take(2),
    Stream.runCollect
  )
  yield* expect("the responses", Chunk.toReadonlyArray(responses), ["first", "second"])
}).pipe(Effect.scoped, Effect.zipRight(untilRunning("conversation", 0)))

const run = <E>(check: Effect.Effect<void, unknown>): Effect.Effect<string, E> =>
  check.pipe(
    Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => "the check has not ended after 20 seconds" }),
    Effect.as("pass"),
    Effect.catchAllCause((cause) => Effect.succeed(Cause.pretty(cause)))
  )

/** Runs all checks, one after another. `unreachable` is a client for a port on which no server listens. */
export const runChecks = <E>(
  client: Layer.Layer<SageMakerRuntime.SageMakerRuntime, E>,
  unreachable: Layer.Layer<SageMakerRuntime.SageMakerRuntime, E>,
  credentials: Effect.Effect<void, unknown>,
  duplex: Effect.Effect<void, unknown> | undefined
): Promise<Results> =>
  Effect.runPromise(Effect.all({
    unary: run(Effect.provide(echo, client)),
    stream: run(Effect.provide(stream, client)),
    error: run(Effect.zipRight(Effect.provide(error, client), Effect.provide(refused, unreachable))),
    deadline: run(Effect.provide(deadline, client)),
    interruption: run(Effect.provide(interruption, client)),
    bidirectional: duplex === undefined ? Effect.succeed(needsTransport) : run(duplex),
    credentials: run(credentials)
  }))
