/** What a batch has done: for its progress, its span and its metrics. They have no row and no text of an error. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { BatchProgress } from "../../Batch.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { isResourceName } from "../operation/members.ts"
import { errorType, withoutText } from "../telemetry/errorType.ts"
import { type BatchMonitor, monitorOf } from "../telemetry/monitor.ts"
import { isTraced } from "../telemetry/spans.ts"
import { currentMonotonicMillis } from "../time/monotonicClock.ts"
import type { Limit } from "./concurrency/limit.ts"

/** Counts what a batch has done. */
export class Progress {
  readonly #limit: Limit
  readonly #startedAt: number
  readonly #monitor: BatchMonitor | undefined
  #rows = 0
  #failed = 0
  #requests = 0
  #divided = 0

  constructor(limit: Limit, startedAt: number, monitor: BatchMonitor | undefined) {
    this.#limit = limit
    this.#startedAt = startedAt
    this.#monitor = monitor
  }

  requestStarted(): void {
    this.#requests += 1
    this.#monitor?.requests(1)
  }

  requestDivided(): void {
    this.#divided += 1
    this.#monitor?.divided(1)
  }

  rowsEnded(results: ReadonlyArray<Either.Either<unknown, unknown>>): void {
    const failures = results.filter(Either.isLeft)
    this.#rows += results.length
    this.#failed += failures.length
    if (this.#monitor !== undefined) {
      this.#monitor.rows(results.length - failures.length, undefined)
      for (const { left } of failures) {
        this.#monitor.rows(1, errorType(Exit.fail(left)))
      }
    }
  }

  get attributes(): { readonly [name: string]: number } {
    return {
      "aws.sagemaker.batch.rows": this.#rows,
      "aws.sagemaker.batch.failed": this.#failed,
      "aws.sagemaker.batch.requests": this.#requests,
      "aws.sagemaker.batch.divided": this.#divided
    }
  }

  readonly current: Effect.Effect<BatchProgress> = Effect.map(currentMonotonicMillis, (now) => ({
    rows: this.#rows,
    failed: this.#failed,
    requests: this.#requests,
    divided: this.#divided,
    throttles: this.#limit.throttles,
    concurrency: this.#limit.current,
    elapsed: now - this.#startedAt
  }))
}

/** The metrics of the client that runs the batch. `undefined` without metrics or without a client. */
const batchMonitor = (endpoint: string): Effect.Effect<BatchMonitor | undefined> =>
  Effect.withFiberRuntime((fiber) => {
    const client = Context.getOption(fiber.currentContext, SageMakerRuntime)
    const monitor = Option.isSome(client) ? monitorOf(client.value) : undefined
    return Effect.succeed(monitor?.batch(endpoint, fiber.getFiberRef(FiberRef.currentMetricLabels)))
  })

/** Reports changes of the limit, from 0 at the start to 0 at the end. */
const observeLimit = (limit: Limit, monitor: BatchMonitor | undefined): Effect.Effect<void, never, Scope.Scope> =>
  monitor === undefined
    ? Effect.void
    : Effect.acquireRelease(
      Effect.sync(() => {
        monitor.concurrency(limit.current)
        limit.onChange = (change) => monitor.concurrency(change)
      }),
      () =>
        Effect.sync(() => {
          limit.onChange = undefined
          monitor.concurrency(-limit.current)
        })
    )

/** Observes a batch until its scope closes. */
export const observe = (
  endpoint: string,
  limit: Limit
): Effect.Effect<Progress, never, Scope.Scope> =>
  Effect.gen(function*() {
    const monitor = yield* batchMonitor(endpoint)
    yield* observeLimit(limit, monitor)
    return new Progress(limit, yield* currentMonotonicMillis, monitor)
  })

/** Starts the span of a batch, which ends with the scope. `undefined` without a tracer. */
export const startSpan = (
  endpoint: string,
  progress: Progress
): Effect.Effect<Tracer.Span | undefined, never, Scope.Scope> =>
  Effect.withFiberRuntime((fiber) => {
    if (!isTraced(fiber)) {
      return Effect.succeed(undefined)
    }
    const hasTimes = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
    const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    const span = Effect.makeSpan("Batch.run", {
      captureStackTrace: false,
      attributes: isResourceName(endpoint) ? { "aws.sagemaker.endpoint.name": endpoint } : {}
    })
    return Effect.acquireRelease(span, (started, exit) =>
      Effect.sync(() => {
        const type = errorType(exit)
        const attributes = type === undefined || type === "interrupted" ? {} : { "error.type": type }
        for (const [name, value] of Object.entries({ ...progress.attributes, ...attributes })) {
          started.attribute(name, value)
        }
        started.end(hasTimes ? clock.unsafeCurrentTimeNanos() : 0n, withoutText(exit))
      }))
  })
