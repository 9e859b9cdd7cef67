/** Spans: one per call, one child per attempt, with attributes from a fixed list. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import type { SpanAttributes } from "../../Operation.ts"
import { isDefaultTracer } from "../time/defaultServices.ts"
import { errorType, withoutForeignText } from "./errorType.ts"
import type { ModelCall } from "./modelCall.ts"
import type { CallObserver, CallResult, ObservedResponse, StreamProgress } from "./observer.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** Whether attempts are spans, which are children of the call's span, or events of the call's span. */
export class AttemptSpans extends Context.Reference<AttemptSpans>()("effect-sagemaker-runtime/AttemptSpans", {
  defaultValue: (): "spans" | "events" => "spans"
}) {}

/** Whether a tracer records the spans of a fiber. */
export const isTraced = (fiber: AnyFiber): boolean =>
  !isDefaultTracer(fiber.currentTracer) && fiber.getFiberRef(FiberRef.currentTracerEnabled)

const endSpan = (span: Tracer.Span, time: bigint, exit: Exit.Exit<unknown, unknown>): void => {
  const type = errorType(exit)
  if (type !== undefined && type !== "interrupted") {
    span.attribute("error.type", type)
  }
  span.end(time, withoutForeignText(exit))
}

const setDefined = (span: Tracer.Span, attributes: { readonly [name: string]: unknown }): void => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) {
      span.attribute(name, value)
    }
  }
}

const responseAttributes = ({ requestId, status, variant }: ObservedResponse) => ({
  "http.response.status_code": status,
  "aws.request_id": requestId,
  "aws.sagemaker.variant": variant
})

const requestAttributes = ({ model, operation }: ModelCall) => ({
  "gen_ai.operation.name": operation,
  "gen_ai.provider.name": "aws.sagemaker",
  "gen_ai.request.model": model
})

const usageAttributes = ({ usage: { finishReasons, inputTokens, outputTokens } }: ModelCall) => ({
  "gen_ai.response.finish_reasons": finishReasons,
  "gen_ai.usage.input_tokens": inputTokens,
  "gen_ai.usage.output_tokens": outputTokens
})

const resendCount = (attempts: number) => attempts > 1 ? { "http.request.resend_count": attempts - 1 } : {}

/** The options of a call's span. */
export interface CallSpanOptions {
  readonly fiber: AnyFiber
  readonly operation: string
  readonly attributes: SpanAttributes
  readonly modelCall: ModelCall | undefined
}

/** The spans of one call. */
export class CallSpans implements CallObserver {
  readonly #fiber: AnyFiber
  readonly #modelCall: ModelCall | undefined
  readonly #call: Tracer.Span
  #attempt: Tracer.Span | undefined
  #attempts = 0
  #firstPartAt: bigint | undefined
  #lastPartAt = 0n

  constructor(call: Tracer.Span, fiber: AnyFiber, modelCall: ModelCall | undefined) {
    this.#call = call
    this.#fiber = fiber
    this.#modelCall = modelCall
  }

  /** Starts the span of a call. */
  static start({ attributes, fiber, modelCall, operation }: CallSpanOptions): Effect.Effect<CallSpans> {
    return Effect.map(
      Effect.makeSpan(`SageMakerRuntime.${operation}`, {
        kind: "client",
        captureStackTrace: false,
        attributes: {
          "rpc.system.name": "aws-api",
          "rpc.method": `SageMakerRuntime/${operation}`,
          ...attributes,
          ...(modelCall === undefined ? {} : requestAttributes(modelCall))
        }
      }),
      (span) => new CallSpans(span, fiber, modelCall)
    )
  }

  /** The span of the call. */
  get call(): Tracer.Span {
    return this.#call
  }

  /** The span whose context is sent: of the attempt, or of the call if attempts are events. */
  get current(): Tracer.Span {
    return this.#attempt ?? this.#call
  }

  attemptStarted(attempt: number): void {
    this.#attempts = attempt
    if (Context.get(this.#fiber.currentContext, AttemptSpans) === "events") {
      this.#call.event("SageMakerRuntime.attempt", this.#now(), resendCount(attempt))
      return
    }
    const parent = Option.some(this.#call)
    const { currentTracer: tracer } = this.#fiber
    this.#attempt = tracer.span("SageMakerRuntime.attempt", parent, Context.empty(), [], this.#now(), "client")
    for (const [name, value] of this.#fiber.getFiberRef(FiberRef.currentTracerSpanAnnotations)) {
      this.#attempt.attribute(name, value)
    }
    setDefined(this.#attempt, resendCount(attempt))
  }

  attemptEnded(exit: Exit.Exit<unknown, unknown>, response: ObservedResponse): void {
    if (this.#attempt !== undefined) {
      setDefined(this.#attempt, responseAttributes(response))
      endSpan(this.#attempt, this.#now(), exit)
      this.#attempt = undefined
    }
  }

  partsReceived(): void {
    this.#lastPartAt = this.#now()
    if (this.#firstPartAt === undefined) {
      this.#firstPartAt = this.#lastPartAt
      this.#call.event("aws.sagemaker.stream.first_part", this.#lastPartAt)
    }
  }

  ended(result: CallResult): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#endStream(result.stream)
      setDefined(this.#call, responseAttributes(result))
      setDefined(this.#call, resendCount(this.#attempts))
      if (this.#modelCall !== undefined) {
        setDefined(this.#call, usageAttributes(this.#modelCall))
      }
      endSpan(this.#call, this.#now(), result.exit)
    })
  }

  #endStream(stream: StreamProgress | undefined): void {
    if (stream !== undefined && stream.parts > 0) {
      this.#call.event("aws.sagemaker.stream.last_part", this.#lastPartAt, {
        "aws.sagemaker.stream.parts": stream.parts,
        "aws.sagemaker.stream.bytes": stream.bytes,
        "aws.sagemaker.stream.complete": stream.isComplete
      })
    }
  }

  #now(): bigint {
    const isTimed = this.#fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
    return isTimed ? Context.get(this.#fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeNanos() : 0n
  }
}

/** The trace context to send: of the attempt, or of the caller's span if the call has no span. */
export const traceHeaders = (fiber: AnyFiber, spans: CallSpans | undefined): Headers.Headers | undefined => {
  const span = spans?.current ?? fiber.currentSpan
  const isPropagated = fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
    fiber.getFiberRef(HttpClient.currentTracerPropagation)
  if (span === undefined || !isPropagated) {
    return undefined
  }
  return HttpTraceContext.toHeaders((span._tag === "Span" ? span : { ...span, parent: Option.none() }) as Tracer.Span)
}
