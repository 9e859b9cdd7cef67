/** Spans: one per call, one child per attempt, with attributes from a fixed list. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Operation } from "../../Operation.ts"
import { toRetryable } from "../../SageMakerError.ts"
import { guardReads } from "../operation/readMembers.ts"
import { isDefaultTracer } from "../time/defaultServices.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** Whether a tracer records the spans of a fiber. */
export const isTraced = (fiber: AnyFiber): boolean =>
  !isDefaultTracer(fiber.currentTracer) && fiber.getFiberRef(FiberRef.currentTracerEnabled)

const endSpan = (fiber: AnyFiber, span: Tracer.Span, exit: Exit.Exit<unknown, unknown>): void => {
  const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
  if (Option.isSome(failure)) {
    span.attribute("error.type", toRetryable(failure.value)._tag)
  }
  const isTimed = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  span.end(isTimed ? clock.unsafeCurrentTimeNanos() : 0n, exit)
}

/**
 * Runs an effect inside a span, and `afterwards` once the span has ended.
 *
 * It takes half the steps of `Effect.useSpan`; OpenTelemetry's tracer enters its context at each step.
 */
const withSpan = <A, E, R>(
  fiber: AnyFiber,
  name: string,
  options: Tracer.SpanOptions,
  use: (span: Tracer.Span) => Effect.Effect<A, E, R>,
  afterwards?: Effect.Effect<void>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.makeSpan(name, { captureStackTrace: false, ...options }),
      (span) =>
        Effect.flatMap(Effect.exit(restore(use(span))), (exit) => {
          endSpan(fiber, span, exit)
          return afterwards === undefined ? exit : Effect.zipRight(afterwards, exit)
        })
    )
  )

const setContext = (context: Context.Context<never>) => FiberRef.set(FiberRef.currentContext, context)

/** Runs a call inside its span, the parent of the spans of its attempts. */
export const withCallSpan = <I, O, E, R, A, E2, R2>(
  fiber: AnyFiber,
  operation: Operation<I, O, E, R>,
  input: I,
  call: Effect.Effect<A, E2, R2>
): Effect.Effect<A, E2, R2> => {
  const context = fiber.currentContext
  return withSpan(
    fiber,
    `SageMakerRuntime.${operation.name}`,
    {
      kind: "internal",
      attributes: {
        "rpc.system": "aws-api",
        "rpc.service": "SageMakerRuntime",
        "rpc.method": operation.name,
        ...Either.getOrUndefined(guardReads("input", () => operation.attributes?.(input)))
      }
    },
    (span) => Effect.zipRight(setContext(Context.add(context, Tracer.ParentSpan, span)), call),
    setContext(context)
  )
}

/** Runs an attempt inside its span. */
export const withAttemptSpan = <A, E, R>(
  fiber: AnyFiber,
  number: number,
  attempt: (span: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  withSpan(fiber, "SageMakerRuntime.attempt", { kind: "client", attributes: { "aws.attempt": number } }, attempt)

/** The trace context to send: the attempt's span, or the caller's span if the attempt has no span. */
export const traceHeaders = (fiber: AnyFiber, attempt: Tracer.Span | undefined): Headers.Headers | undefined => {
  const span = attempt ?? fiber.currentSpan
  const isPropagated = fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
    fiber.getFiberRef(HttpClient.currentTracerPropagation)
  if (span === undefined || !isPropagated) {
    return undefined
  }
  return HttpTraceContext.toHeaders((span._tag === "Span" ? span : { ...span, parent: Option.none() }) as Tracer.Span)
}
