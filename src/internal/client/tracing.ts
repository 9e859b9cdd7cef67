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
import type { Operation } from "../../Operation.ts"
import { toRetryable } from "../../SageMakerError.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** Effect's own tracer, which keeps spans for nobody. */
const nobody = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/** Whether somebody sees the spans a fiber makes. */
export const isTraced = (fiber: AnyFiber): boolean =>
  fiber.currentTracer !== nobody && fiber.getFiberRef(FiberRef.currentTracerEnabled)

/**
 * Runs an effect inside a span: `Effect.useSpan` in half its steps, of which each enters the tracer's context.
 *
 * `after` is run once the span has ended.
 */
const spanned = <A, E, R>(
  fiber: AnyFiber,
  name: string,
  options: Tracer.SpanOptions,
  use: (span: Tracer.Span) => Effect.Effect<A, E, R>,
  after?: Effect.Effect<void>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.makeSpan(name, { captureStackTrace: false, ...options }),
      (span) =>
        Effect.flatMap(Effect.exit(restore(use(span))), (exit) => {
          const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
          if (Option.isSome(failure)) {
            span.attribute("error.type", toRetryable(failure.value)._tag)
          }
          const isTimed = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
          const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
          span.end(isTimed ? clock.unsafeCurrentTimeNanos() : 0n, exit)
          return after === undefined ? exit : Effect.zipRight(after, exit)
        })
    )
  )

const within = (context: Context.Context<never>) => FiberRef.set(FiberRef.currentContext, context)

/** Runs a call inside its span, which is the parent of all others in it. */
export const callSpan = <I, O, E, R, A, E2, R2>(
  fiber: AnyFiber,
  operation: Operation<I, O, E, R>,
  input: I,
  call: Effect.Effect<A, E2, R2>
): Effect.Effect<A, E2, R2> => {
  const outside = fiber.currentContext
  return spanned(
    fiber,
    `SageMakerRuntime.${operation.name}`,
    {
      kind: "internal",
      attributes: {
        "rpc.system": "aws-api",
        "rpc.service": "SageMakerRuntime",
        "rpc.method": operation.name,
        ...operation.attributes?.(input)
      }
    },
    (span) => Effect.zipRight(within(Context.add(outside, Tracer.ParentSpan, span)), call),
    within(outside)
  )
}

/** Runs an attempt inside its span, which the attempt may annotate. */
export const attemptSpan = <A, E, R>(
  fiber: AnyFiber,
  number: number,
  attempt: (span: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  spanned(fiber, "SageMakerRuntime.attempt", { kind: "client", attributes: { "aws.attempt": number } }, attempt)

/** The headers that make what the service does part of the trace: below the attempt's span, or the caller's. */
export const traceHeaders = (fiber: AnyFiber, attempt: Tracer.Span | undefined): Headers.Headers | undefined => {
  const span = attempt ?? fiber.currentSpan
  return span !== undefined && fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
      fiber.getFiberRef(HttpClient.currentTracerPropagation)
    ? HttpTraceContext.toHeaders((span._tag === "Span" ? span : { ...span, parent: Option.none() }) as Tracer.Span)
    : undefined
}
