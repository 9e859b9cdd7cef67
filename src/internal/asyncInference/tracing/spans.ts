/**
 * The spans of asynchronous inference, in addition to that of the call that submits a request: the upload of an input, and
 * the wait for a result. They have no location and no text of an object.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { Job } from "../../../AsyncInference.ts"
import type { Codec } from "../../../Codec.ts"
import { kindOf, usageOf } from "../../modelEndpoint/modelKind.ts"
import { isResourceName } from "../../operation/members.ts"
import { errorType, withoutText } from "../../telemetry/errorType.ts"
import { isTraced } from "../../telemetry/spans.ts"
import { linksTo } from "./traceContext.ts"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** A wait of hours has many polls. Exporters drop the events of a span beyond 128. */
const maxPollEvents = 100

const now = (fiber: AnyFiber): bigint =>
  fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
    ? Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeNanos()
    : 0n

/** The messages of errors contain locations of objects. */
const endSpan = (span: Tracer.Span, fiber: AnyFiber, exit: Exit.Exit<unknown, unknown>): void => {
  const type = errorType(exit)
  if (type !== undefined && type !== "interrupted") {
    span.attribute("error.type", type)
  }
  span.end(now(fiber), withoutText(exit))
}

const startSpan = (name: string, endpoint: string, links: ReadonlyArray<Tracer.SpanLink>) =>
  Effect.makeSpan(name, {
    kind: "client",
    captureStackTrace: false,
    links,
    attributes: isResourceName(endpoint) ? { "aws.sagemaker.endpoint.name": endpoint } : {}
  })

/** The span of the wait for the result of a job. */
export class ResultSpan {
  readonly #span: Tracer.Span
  readonly #fiber: AnyFiber
  #polls = 0

  constructor(span: Tracer.Span, fiber: AnyFiber) {
    this.#span = span
    this.#fiber = fiber
  }

  /** Starts the span, with a link to the span of the call that submitted the job. `undefined` without a tracer. */
  static start({ endpoint, traceparent }: Job): Effect.Effect<ResultSpan | undefined> {
    return Effect.withFiberRuntime((fiber) =>
      isTraced(fiber)
        ? Effect.map(
          startSpan("AsyncInference.result", endpoint, linksTo(traceparent)),
          (span) => new ResultSpan(span, fiber)
        )
        : Effect.succeed(undefined)
    )
  }

  /** A poll of the store for this job only. */
  poll<A, E, R>(poll: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      this.#polls += 1
      if (this.#polls <= maxPollEvents) {
        this.#span.event("aws.sagemaker.async.poll", now(this.#fiber))
      }
      return poll
    })
  }

  /** The output was found. It is read next. */
  found(bytes: number): void {
    this.#span.event("aws.sagemaker.async.output", now(this.#fiber), { "aws.sagemaker.async.output.bytes": bytes })
  }

  /** The output was decoded. The output of a language model has finish reasons and token counts. */
  decoded<B, R>(response: Codec<B, R>, value: B): void {
    const { finishReasons, inputTokens, outputTokens } = usageOf(kindOf(response), value)
    const attributes = {
      "gen_ai.response.finish_reasons": finishReasons,
      "gen_ai.usage.input_tokens": inputTokens,
      "gen_ai.usage.output_tokens": outputTokens
    }
    for (const [name, attribute] of Object.entries(attributes)) {
      if (attribute !== undefined) {
        this.#span.attribute(name, attribute)
      }
    }
  }

  /** Runs an effect whose spans are children of this span. */
  around<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.withParentSpan(effect, this.#span) as Effect.Effect<A, E, R>
  }

  end(exit: Exit.Exit<unknown, unknown>): void {
    if (this.#polls > 0) {
      this.#span.attribute("aws.sagemaker.async.polls", this.#polls)
    }
    endSpan(this.#span, this.#fiber, exit)
  }
}

/** Runs a wait for the result of a job inside of its span. */
export const withResultSpan = <A, E, R>(
  job: Job,
  wait: (span: ResultSpan | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(ResultSpan.start(job), (span) =>
      span === undefined
        ? restore(wait(undefined))
        : Effect.onExit(restore(span.around(wait(span))), (exit) => Effect.sync(() => span.end(exit))))
  )

/** The spans of the jobs that a stream of results waits for. */
export class ResultSpans {
  readonly #open = new Set<ResultSpan>()

  /** Spans of jobs without a result end with the scope. */
  static readonly make: Effect.Effect<ResultSpans, never, Scope.Scope> = Effect.acquireRelease(
    Effect.sync(() => new ResultSpans()),
    (spans) =>
      Effect.map(Effect.fiberId, (id) => {
        for (const span of spans.#open) {
          span.end(Exit.interrupt(id))
        }
      })
  )

  start(job: Job): Effect.Effect<ResultSpan | undefined> {
    return Effect.tap(ResultSpan.start(job), (span) => {
      if (span !== undefined) {
        this.#open.add(span)
      }
    })
  }

  end(span: ResultSpan | undefined, exit: Exit.Exit<unknown, unknown>): void {
    if (span !== undefined && this.#open.delete(span)) {
      span.end(exit)
    }
  }
}

/** Stores the input of a request inside of a span. */
export const withUploadSpan = <A, E, R>(
  endpoint: string,
  upload: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    isTraced(fiber)
      ? Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(startSpan("AsyncInference.upload", endpoint, []), (span) =>
          Effect.onExit(
            restore(Effect.withParentSpan(upload, span) as Effect.Effect<A, E, R>),
            (exit) => Effect.sync(() => endSpan(span, fiber, exit))
          ))
      )
      : upload
  )
