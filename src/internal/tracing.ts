/** What a call tells a tracer: one span per call, one child per attempt, attributes from these lists only. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Operation } from "../Operation.ts"
import { toRetryable } from "../SageMakerError.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** Effect's own tracer, which keeps spans for nobody. */
const nobody = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether somebody sees the spans a fiber makes. */
export const isTraced = (fiber: AnyFiber): boolean =>
  fiber.currentTracer !== nobody && fiber.getFiberRef(FiberRef.currentTracerEnabled)

/** Runs a call inside its span. */
export const callSpan = <I, O, E, R, A, E2, R2>(
  operation: Operation<I, O, E, R>,
  input: I,
  call: Effect.Effect<A, E2, R2>
): Effect.Effect<A, E2, R2> =>
  Effect.useSpan(
    `SageMakerRuntime.${operation.name}`,
    {
      kind: "internal",
      captureStackTrace: false,
      attributes: {
        "rpc.system": "aws-api",
        "rpc.service": "SageMakerRuntime",
        "rpc.method": operation.name,
        ...operation.attributes?.(input)
      }
    },
    (span) => Effect.withParentSpan(call, span)
  )

/** Runs an attempt inside its span, which the attempt may annotate. */
export const attemptSpan = <A, E, R>(
  number: number,
  attempt: (span: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.useSpan(
    "SageMakerRuntime.attempt",
    { kind: "client", captureStackTrace: false, attributes: { "aws.attempt": number } },
    (span) =>
      Effect.tapError(
        attempt(span),
        (error) => Effect.sync(() => span.attribute("error.type", toRetryable(error)._tag))
      )
  )

/** The headers that make what the service does part of the trace: below the attempt's span, or the caller's. */
export const traceHeaders = (fiber: AnyFiber, attempt: Tracer.Span | undefined): Headers.Headers | undefined => {
  const span = attempt ?? fiber.currentSpan
  return span !== undefined && fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
      fiber.getFiberRef(HttpClient.currentTracerPropagation)
    ? HttpTraceContext.toHeaders((span._tag === "Span" ? span : { ...span, parent: Option.none() }) as Tracer.Span)
    : undefined
}
