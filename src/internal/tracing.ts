/** What a call tells a tracer: one span per call, one child per attempt, attributes from these lists only. */
import * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Operation } from "../Operation.ts"
import { toRetryable } from "../SageMakerError.ts"

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
