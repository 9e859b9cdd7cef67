/** The observation of one call: it calls the observers, and knows when a call with a response stream has ended. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { ModelCall } from "./modelCall.ts"
import type { CallObserver, CallResult, ObservedResponse } from "./observer.ts"
import type { CallSpans } from "./spans.ts"

const noResponse: ObservedResponse = { status: undefined, requestId: undefined, variant: undefined }

/** The options of an observation. */
export interface ObservationOptions {
  readonly observers: ReadonlyArray<CallObserver>
  /** The spans of the call, which are one of the observers. */
  readonly spans: CallSpans | undefined
  readonly modelCall: ModelCall | undefined
}

/** Runs both effects, without a step for one that does nothing. */
const afterwards = <A, E>(first: Effect.Effect<void>, second: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  first === Effect.void ? second : Effect.zipRight(first, second)

type OnEnd = (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>

/** `Effect.onExit` in fewer steps. OpenTelemetry's tracer makes each step of a traced call slower. */
const whenEnded = <A, E, R>(effect: Effect.Effect<A, E, R>, onEnd: OnEnd): Effect.Effect<A, E, R> =>
  Effect.matchCauseEffect(effect, {
    onFailure: (cause) => afterwards(onEnd(Exit.failCause(cause)), Effect.failCause(cause)),
    onSuccess: (value) => afterwards(onEnd(Exit.succeed(value)), Effect.succeed(value))
  })

/** The observation of one call. */
export class Observation {
  readonly spans: CallSpans | undefined
  readonly #observers: ReadonlyArray<CallObserver>
  readonly #modelCall: ModelCall | undefined
  #response = noResponse
  #attempts = 0
  #totalRetryDelay = 0
  /** The response stream. The call ends with it. */
  #stream: { isReading: boolean; isComplete: boolean; parts: number; bytes: number } | undefined
  #isEnded = false

  constructor({ modelCall, observers, spans }: ObservationOptions) {
    this.#observers = observers
    this.#modelCall = modelCall
    this.spans = spans
  }

  requestEncoded(bytes: number): void {
    for (const observer of this.#observers) {
      observer.requestEncoded?.(bytes)
    }
  }

  attemptStarted({ attempts, totalRetryDelay }: { readonly attempts: number; readonly totalRetryDelay: number }): void {
    this.#response = noResponse
    this.#attempts = attempts
    this.#totalRetryDelay = totalRetryDelay
    for (const observer of this.#observers) {
      observer.attemptStarted?.(attempts)
    }
  }

  responseReceived(response: ObservedResponse): void {
    this.#response = response
  }

  attemptEnded(exit: Exit.Exit<unknown, unknown>): void {
    for (const observer of this.#observers) {
      observer.attemptEnded?.(exit, this.#response)
    }
  }

  responseRead(bytes: number): void {
    for (const observer of this.#observers) {
      observer.responseRead?.(bytes)
    }
  }

  /** The response body is a stream. */
  streamOpened(): void {
    this.#stream = { isReading: false, isComplete: false, parts: 0, bytes: 0 }
  }

  /** The scope of the response stream has closed. */
  readonly scopeClosed: Effect.Effect<void> = Effect.suspend(() => this.#end(Exit.void))

  /** Observes an attempt. */
  aroundAttempt<A, E, R>(attempt: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      whenEnded(restore(attempt), (exit) => {
        this.attemptEnded(exit)
        return Effect.void
      })
    )
  }

  /** The effect of the call has ended. The call ends with its response stream, if it has one. */
  callReturned(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Exit.isSuccess(exit) && this.#stream !== undefined ? Effect.void : this.#end(exit)
  }

  /** Observes the parts of a response stream. A second run of the stream is not observed. */
  observe<E>(parts: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> {
    return Stream.suspend(() => {
      const stream = this.#stream
      if (stream === undefined || stream.isReading) {
        return parts
      }
      stream.isReading = true
      const complete = Effect.sync(() => {
        stream.isComplete = true
      })
      return parts.pipe(
        Stream.mapChunks((chunk) => {
          for (const { byteLength } of chunk) {
            stream.parts += 1
            stream.bytes += byteLength
          }
          for (const observer of this.#observers) {
            observer.partsReceived?.(stream)
          }
          return chunk
        }),
        Stream.concat(Stream.execute(complete)),
        Stream.tapErrorCause((cause) => this.#end(Exit.failCause(cause))),
        // Another failure is one of the program that reads the stream. Its text can be a payload.
        Stream.ensuringWith((exit) => this.#end(Exit.isInterrupted(exit) ? exit : Exit.void))
      )
    })
  }

  /** Ends the call, or lets it end with the language-model call that it belongs to. */
  #end(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    if (this.#isEnded) {
      return Effect.void
    }
    this.#isEnded = true
    return this.#modelCall === undefined || (Exit.isFailure(exit) && this.#stream === undefined)
      ? this.#finish(exit)
      : this.#modelCall.onEnd((end) => this.#finish(Exit.isFailure(exit) ? exit : end))
  }

  #finish(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    const { requestId, status, variant } = this.#response
    const result: CallResult = {
      status,
      requestId,
      variant,
      exit,
      attempts: this.#attempts,
      totalRetryDelay: this.#totalRetryDelay,
      stream: this.#stream
    }
    let effect = Effect.void
    for (const observer of this.#observers) {
      effect = afterwards(effect, observer.ended(result))
    }
    return effect
  }
}

/**
 * Runs a call with its observation, which ends with it.
 *
 * The observation starts in an uninterruptible region, so that it always ends. `undefined` means that nothing observes.
 */
export const aroundCall = <A, E, R>(
  start: () => Observation | undefined,
  call: (observation: Observation | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const observation = start()
    const running = restore(call(observation))
    return observation === undefined ? running : whenEnded(running, (exit) => observation.callReturned(exit))
  })
