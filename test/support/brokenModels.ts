import { HttpServerResponse } from "@effect/platform"
import { Effect, Fiber, Stream } from "effect"
import {
  invokeEndpoint,
  invokeEndpointAsync,
  RetryPolicy,
  SageMakerError,
  streamEndpoint
} from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

type Handler = Emulator.EmulatorEndpoint["handler"]

/** A model with an invalid response, and the result of each operation. */
interface BrokenModel {
  readonly what: string
  readonly handler: Handler
  readonly invoked: string
  readonly streamed: string
}

const raw = (status: number) => Effect.sync(() => HttpServerResponse.text("x", { status }))

/** Models with invalid responses. */
export const brokenModels: ReadonlyArray<BrokenModel> = [
  {
    what: "dies",
    handler: () => Effect.die(new Error("out of memory")),
    invoked: "ModelError",
    streamed: "ModelError"
  },
  {
    what: "throws",
    handler: () => {
      throw new Error("out of memory")
    },
    invoked: "ModelError",
    streamed: "ModelError"
  },
  { what: "is interrupted", handler: () => Effect.interrupt, invoked: "ModelError", streamed: "ModelError" },
  {
    what: "interrupts its own fiber",
    handler: () => Effect.withFiberRuntime((fiber) => Effect.zipRight(Fiber.interruptFork(fiber), Effect.never)),
    invoked: "ModelError",
    streamed: "ModelError"
  },
  {
    what: "streams a defect",
    handler: () => Effect.succeed(Stream.die(new Error("out of memory"))),
    invoked: "ModelError",
    streamed: "ModelStreamError"
  },
  {
    what: "interrupts its own stream",
    handler: () => Effect.succeed(Stream.fromEffect(Effect.interrupt)),
    invoked: "ModelError",
    streamed: "TransportError"
  },
  {
    what: "returns a member that is not a valid header",
    handler: () => Effect.succeed({ Body: "x", CustomAttributes: "é" }),
    invoked: "ModelError",
    streamed: "ModelError"
  },
  {
    what: "returns an invalid response header",
    handler: () => Effect.sync(() => HttpServerResponse.text("x", { headers: { "x-mine": "a\nb" } })),
    invoked: "ModelError",
    streamed: "ModelError"
  },
  { what: "returns a body with status 204", handler: () => raw(204), invoked: "success", streamed: "success" },
  { what: "returns an invalid status", handler: () => raw(1_000), invoked: "ModelError", streamed: "ModelError" },
  {
    what: "fails with an invalid status",
    handler: () => Effect.fail(new SageMakerError.ValidationError({ status: 0 })),
    invoked: "ValidationError",
    streamed: "ValidationError"
  },
  {
    what: "fails with UnknownServiceError and an invalid status",
    handler: () => Effect.fail(new SageMakerError.UnknownServiceError({ status: 0 })),
    invoked: "UnknownServiceError",
    streamed: "UnknownServiceError"
  },
  {
    what: "fails before its stream begins",
    handler: () => Effect.fail(new SageMakerError.ModelStreamError({ message: "late" })),
    invoked: "UnknownServiceError",
    streamed: "ModelStreamError"
  }
]

/** Endpoints for these models, named by their index. */
export const brokenEndpoints: ReadonlyArray<Emulator.EmulatorEndpoint> = brokenModels.map(({ handler }, index) =>
  Emulator.endpoint(`broken-${index}`, handler)
)

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onSuccess: () => "success", onFailure: ({ _tag }) => _tag }).pipe(
    RetryPolicy.use(RetryPolicy.none),
    Effect.timeoutTo({ duration: "10 seconds", onSuccess: (end) => end, onTimeout: () => "it hangs" })
  )

/** The results of a call of each operation. */
export const outcomesOf = (model: BrokenModel) => {
  const EndpointName = `broken-${brokenModels.indexOf(model)}`
  return Effect.all({
    invoked: tagOf(invokeEndpoint({ EndpointName, Body: "x" })),
    streamed: tagOf(Stream.runDrain(streamEndpoint({ EndpointName, Body: "x" }))),
    handedOver: tagOf(invokeEndpointAsync({ EndpointName, Body: "x" }))
  })
}
