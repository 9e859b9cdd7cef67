/** What a call tells a tracer: one span per call, one child per attempt, attributes from these lists only. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

/** Ends a span with what came of its effect. */
const ending = (fiber: AnyFiber, span: Tracer.Span) => {
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  const isTimed = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
  return (exit: Exit.Exit<unknown, unknown>) => span.end(isTimed ? clock.unsafeCurrentTimeNanos() : BigInt(0), exit)
}

/**
 * Runs an effect inside a span: `Effect.useSpan` in half its steps, of which each enters the tracer's context.
 */
const spanned = <A, E, R>(
  fiber: AnyFiber,
  name: string,
  options: Tracer.SpanOptions,
  use: (span: Tracer.Span) => Effect.Effect<A, E, R>,
  failed: (span: Tracer.Span, cause: Cause.Cause<E>) => void = () => {}
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.makeSpan(name, options), (span) => {
      const end = ending(fiber, span)
      return Effect.matchCauseEffect(restore(use(span)), {
        onFailure: (cause) => {
          failed(span, cause)
          end(Exit.failCause(cause))
          return Effect.failCause(cause)
        },
        onSuccess: (value) => {
          const exit = Exit.succeed(value)
          end(exit)
          return exit
        }
      })
    })
  )

/** Runs an effect with a span as the parent of all spans in it: `Effect.withParentSpan` in half its steps. */
const below = <A, E, R>(fiber: AnyFiber, span: Tracer.Span, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const outside = fiber.currentContext
  const leave = FiberRef.set(FiberRef.currentContext, outside)
  return Effect.uninterruptibleMask((restore) =>
    Effect.zipRight(
      FiberRef.set(FiberRef.currentContext, Context.add(outside, Tracer.ParentSpan, span)),
      Effect.matchCauseEffect(restore(effect), {
        onFailure: (cause) => Effect.zipRight(leave, Effect.failCause(cause)),
        onSuccess: (value) => Effect.as(leave, value)
      })
    )
  )
}

/** Runs a call inside its span. */
export const callSpan = <I, O, E, R, A, E2, R2>(
  fiber: AnyFiber,
  operation: Operation<I, O, E, R>,
  input: I,
  call: Effect.Effect<A, E2, R2>
): Effect.Effect<A, E2, R2> =>
  spanned(
    fiber,
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
    (span) => below(fiber, span, call)
  )

/** Runs an attempt inside its span, which the attempt may annotate. */
export const attemptSpan = <A, E, R>(
  fiber: AnyFiber,
  number: number,
  attempt: (span: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  spanned(
    fiber,
    "SageMakerRuntime.attempt",
    { kind: "client", captureStackTrace: false, attributes: { "aws.attempt": number } },
    attempt,
    (span, cause) => {
      const failure = Cause.failureOption(cause)
      if (Option.isSome(failure)) {
        span.attribute("error.type", toRetryable(failure.value)._tag)
      }
    }
  )

/** The headers that make what the service does part of the trace: below the attempt's span, or the caller's. */
export const traceHeaders = (fiber: AnyFiber, attempt: Tracer.Span | undefined): Headers.Headers | undefined => {
  const span = attempt ?? fiber.currentSpan
  return span !== undefined && fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
      fiber.getFiberRef(HttpClient.currentTracerPropagation)
    ? HttpTraceContext.toHeaders((span._tag === "Span" ? span : { ...span, parent: Option.none() }) as Tracer.Span)
    : undefined
}
