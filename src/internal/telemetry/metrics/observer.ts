/** The observer of one call that updates the metrics. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import { isThrottling } from "../../../SageMakerError.ts"
import { guardReads } from "../../operation/readMembers.ts"
import { monotonicMillis } from "../../time/monotonicClock.ts"
import { errorType } from "../errorType.ts"
import type { ModelCall, ModelUsage } from "../modelCall.ts"
import type { CallObserver, CallResult, ObservedCall, ObservedResponse } from "../observer.ts"
import type { CallSeries, ModelSeries } from "./callSeries.ts"
import type { Labels } from "./series.ts"

const isThrottled = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  Option.exists(
    Cause.failureOption(exit.cause),
    (error) => Either.getOrElse(guardReads("error", () => isThrottling(error)), () => false)
  )

/** Updates the metrics of one call, with the labels of the fiber that starts the call. */
export class MetricsObserver implements CallObserver {
  readonly #series: CallSeries
  readonly #modelCall: ModelCall | undefined
  readonly #model: ModelSeries | undefined
  readonly #labels: Labels
  readonly #clock: Clock.Clock
  readonly #startedAt: number
  /** By the number of the attempt. */
  readonly #attemptStartedAt = new Map<number, number>()
  #hasParts = false

  constructor(series: CallSeries, { fiber, modelCall }: Pick<ObservedCall, "fiber" | "modelCall">) {
    this.#series = series
    this.#modelCall = modelCall
    this.#model = modelCall === undefined ? undefined : series.model(modelCall)
    this.#labels = fiber.getFiberRef(FiberRef.currentMetricLabels)
    this.#clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    this.#startedAt = monotonicMillis(this.#clock)
    series.inFlight.unsafeUpdate(1, this.#labels)
  }

  requestEncoded(bytes: number): void {
    this.#series.requestSize.unsafeUpdate(bytes, this.#labels)
  }

  attemptStarted(attempt: number): void {
    this.#attemptStartedAt.set(attempt, monotonicMillis(this.#clock))
  }

  attemptEnded(exit: Exit.Exit<unknown, unknown>, _: ObservedResponse, attempt: number): void {
    const startedAt = this.#attemptStartedAt.get(attempt) ?? this.#startedAt
    this.#attemptStartedAt.delete(attempt)
    const { attemptDuration, attempts, throttles } = this.#series.outcome(errorType(exit))
    attempts.unsafeUpdate(1, this.#labels)
    attemptDuration.unsafeUpdate(this.#secondsSince(startedAt), this.#labels)
    if (isThrottled(exit)) {
      throttles.unsafeUpdate(1, this.#labels)
    }
  }

  responseRead(bytes: number): void {
    this.#series.responseSize.unsafeUpdate(bytes, this.#labels)
  }

  partsReceived(): void {
    if (!this.#hasParts) {
      this.#hasParts = true
      this.#model?.timeToFirstChunk.unsafeUpdate(this.#secondsSince(this.#startedAt), this.#labels)
    }
  }

  ended({ exit, stream }: CallResult): Effect.Effect<void> {
    const seconds = this.#secondsSince(this.#startedAt)
    const error = errorType(exit)
    this.#series.inFlight.unsafeUpdate(-1, this.#labels)
    this.#series.outcome(error).callDuration.unsafeUpdate(seconds, this.#labels)
    if (stream !== undefined) {
      this.#series.responseSize.unsafeUpdate(stream.bytes, this.#labels)
    }
    if (this.#model !== undefined && this.#modelCall !== undefined) {
      this.#model.duration(error).unsafeUpdate(seconds, this.#labels)
      this.#recordTokens(this.#model, this.#modelCall.usage)
    }
    return Effect.void
  }

  #recordTokens({ inputTokens, outputTokens }: ModelSeries, usage: ModelUsage): void {
    if (usage.inputTokens !== undefined) {
      inputTokens.unsafeUpdate(usage.inputTokens, this.#labels)
    }
    if (usage.outputTokens !== undefined) {
      outputTokens.unsafeUpdate(usage.outputTokens, this.#labels)
    }
  }

  #secondsSince(start: number): number {
    return Math.max(0, monotonicMillis(this.#clock) - start) / 1_000
  }
}
