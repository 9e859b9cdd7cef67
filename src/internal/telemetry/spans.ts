/** Spans: one per call, one child per attempt, with attributes from a fixed list. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { SpanAttributes } from "../../Operation.ts"
import { defined } from "../error/defined.ts"
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

/** Returns the time of a span in nanoseconds, or 0 if times are off. A time is never before the one that it follows. */
const timesOf = (fiber: AnyFiber): () => bigint => {
  if (!fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)) {
    return () => 0n
  }
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  let last = 0n
  return () => {
    const now = clock.unsafeCurrentTimeNanos()
    last = now > last ? now : last
    return last
  }
}

/** The closest span whose children are recorded. */
const propagated = (span: Tracer.AnySpan | undefined): Tracer.AnySpan | undefined => {
  if (span === undefined || !Context.get(span.context, Tracer.DisablePropagation)) {
    return span
  }
  return span._tag === "Span" ? propagated(Option.getOrUndefined(span.parent)) : undefined
}

interface StartOptions {
  readonly name: string
  readonly time: bigint
  readonly parent: Tracer.AnySpan | undefined
  readonly links: ReadonlyArray<Tracer.SpanLink>
}

/** Starts a client span in fewer steps than `Effect.makeSpan`, which copies the references of the fiber. */
const startSpan = (fiber: AnyFiber, { links, name, parent, time }: StartOptions): Tracer.Span => {
  const { currentTracer } = fiber
  const span = currentTracer.span(name, Option.fromNullable(parent), Context.empty(), links, time, "client")
  const annotations = fiber.getFiberRef(FiberRef.currentTracerSpanAnnotations)
  if (!HashMap.isEmpty(annotations)) {
    for (const [key, value] of annotations) {
      span.attribute(key, value)
    }
  }
  return span
}

/** An interruption is no error. */
const failureAttributes = (exit: Exit.Exit<unknown, unknown>) => {
  const type = errorType(exit)
  return { "error.type": type === "interrupted" ? undefined : type }
}

const endSpan = (span: Tracer.Span, time: bigint, exit: Exit.Exit<unknown, unknown>): void => {
  setDefined(span, failureAttributes(exit))
  span.end(time, withoutForeignText(exit))
}

const attemptName = "SageMakerRuntime.attempt"

const setDefined = (span: Tracer.Span, attributes: { readonly [name: string]: unknown }): void => {
  for (const name in attributes) {
    if (attributes[name] !== undefined) {
      span.attribute(name, attributes[name])
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
  readonly #attempts = new Map<number, Tracer.Span>()
  readonly #now: () => bigint
  #attemptCount = 0
  #firstPartAt: bigint | undefined
  #lastPartAt = 0n

  constructor(call: Tracer.Span, now: () => bigint, { fiber, modelCall }: CallSpanOptions) {
    this.#now = now
    this.#call = call
    this.#fiber = fiber
    this.#modelCall = modelCall
  }

  /** Starts the span of a call. */
  static start(options: CallSpanOptions): CallSpans {
    const { attributes, fiber, modelCall, operation } = options
    const { currentContext } = fiber
    const now = timesOf(fiber)
    const span = startSpan(fiber, {
      name: `SageMakerRuntime.${operation}`,
      time: now(),
      parent: propagated(currentContext.unsafeMap.get(Tracer.ParentSpan.key) as Tracer.AnySpan | undefined),
      links: Chunk.toReadonlyArray(fiber.getFiberRef(FiberRef.currentTracerSpanLinks))
    })
    span.attribute("rpc.system.name", "aws-api")
    span.attribute("rpc.method", `SageMakerRuntime/${operation}`)
    setDefined(span, attributes)
    if (modelCall !== undefined) {
      setDefined(span, requestAttributes(modelCall))
    }
    return new CallSpans(span, now, options)
  }

  get call(): Tracer.Span {
    return this.#call
  }

  /** The span of the last attempt, or of the call between attempts and if attempts are events. */
  get current(): Tracer.Span {
    return this.#attempts.get(this.#attemptCount) ?? this.#call
  }

  attemptStarted(attempt: number): void {
    this.#attemptCount = attempt
    if (Context.get(this.#fiber.currentContext, AttemptSpans) === "spans") {
      const options = { name: attemptName, time: this.#now(), parent: this.#call, links: [] }
      this.#attempts.set(attempt, startSpan(this.#fiber, options))
    }
  }

  attemptEnded(exit: Exit.Exit<unknown, unknown>, response: ObservedResponse, attempt: number): void {
    const attributes = { ...resendCount(attempt), ...responseAttributes(response) }
    const time = this.#now()
    const span = this.#attempts.get(attempt)
    if (span === undefined) {
      this.#call.event(attemptName, time, defined({ ...attributes, ...failureAttributes(exit) }))
      return
    }
    this.#attempts.delete(attempt)
    setDefined(span, attributes)
    endSpan(span, time, exit)
  }

  partsReceived(): void {
    this.#lastPartAt = this.#now()
    if (this.#firstPartAt === undefined) {
      this.#firstPartAt = this.#lastPartAt
      this.#call.event("aws.sagemaker.stream.first_part", this.#lastPartAt)
    }
  }

  ended(result: CallResult): Effect.Effect<void> {
    this.#endStream(result.stream)
    setDefined(this.#call, responseAttributes(result))
    setDefined(this.#call, resendCount(this.#attemptCount))
    if (this.#modelCall !== undefined) {
      setDefined(this.#call, usageAttributes(this.#modelCall))
    }
    endSpan(this.#call, this.#now(), result.exit)
    return Effect.void
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
}

/** Runs code of the program with a span of the call as the parent of its spans. */
export const withParent = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  spans: CallSpans | undefined
): Effect.Effect<A, E, R> =>
  spans === undefined || Exit.isExit(effect)
    ? effect
    : Effect.withParentSpan(effect as Effect.Effect<A, E, R | Tracer.ParentSpan>, spans.current) as Effect.Effect<
      A,
      E,
      R
    >

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
