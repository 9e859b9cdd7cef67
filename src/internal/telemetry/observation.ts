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

/** Runs code of an observer, which can call a tracer of the program. A call does not fail because its tracer throws. */
export const ignoringExceptions = <A>(run: () => A): A | undefined => {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** The progress of an attempt. */
interface Attempt {
  readonly number: number
  response: ObservedResponse
}

/** The response stream of the last attempt. */
interface ResponseStream {
  isReading: boolean
  isComplete: boolean
  parts: number
  bytes: number
  /** How the stream ended. */
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** The observation of one call. */
export class Observation {
  readonly spans: CallSpans | undefined
  readonly #observers: ReadonlyArray<CallObserver>
  readonly #modelCall: ModelCall | undefined
  #attempt: Attempt = { number: 0, response: noResponse }
  #totalRetryDelay = 0
  /** The response stream. The call ends with it. */
  #stream: ResponseStream | undefined
  #hasReturned = false
  #isEnded = false

  constructor({ modelCall, observers, spans }: ObservationOptions) {
    this.#observers = observers
    this.#modelCall = modelCall
    this.spans = spans
  }

  requestEncoded(bytes: number): void {
    this.#report((observer) => observer.requestEncoded?.(bytes))
  }

  responseReceived(response: ObservedResponse): void {
    this.#attempt.response = response
  }

  responseRead(bytes: number): void {
    this.#report((observer) => observer.responseRead?.(bytes))
  }

  /** The response body is a stream. The returned effect runs when the scope of the stream closes. */
  streamOpened(): Effect.Effect<void> {
    const stream: ResponseStream = { isReading: false, isComplete: false, parts: 0, bytes: 0, exit: undefined }
    this.#stream = stream
    return Effect.suspend(() => this.#streamEnded(stream, Exit.void))
  }

  /** Observes an attempt, which starts in an uninterruptible region, so that its end is always reported. */
  aroundAttempt<A, E, R>(
    { attempts, totalRetryDelay }: { readonly attempts: number; readonly totalRetryDelay: number },
    attempt: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) => {
      const started: Attempt = { number: attempts, response: noResponse }
      this.#attempt = started
      this.#stream = undefined
      this.#totalRetryDelay = totalRetryDelay
      this.#report((observer) => observer.attemptStarted?.(attempts))
      return whenEnded(restore(attempt), (exit) => {
        this.#report((observer) => observer.attemptEnded?.(exit, started.response, attempts))
        return Effect.void
      })
    })
  }

  /** The effect of the call has ended. The call ends with its response stream, if it has one. */
  callReturned(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    this.#hasReturned = true
    if (Exit.isFailure(exit) || this.#stream === undefined) {
      return this.#end(exit)
    }
    return this.#stream.exit === undefined ? Effect.void : this.#end(this.#stream.exit)
  }

  /** Observes the parts of a response stream. A second run of the stream is not observed. */
  observe<A, E>(parts: Stream.Stream<A, E>, bytesOf: (part: A) => number): Stream.Stream<A, E> {
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
          if (stream.exit === undefined) {
            for (const part of chunk) {
              stream.parts += 1
              stream.bytes += bytesOf(part)
            }
            this.#report((observer) => observer.partsReceived?.(stream))
          }
          return chunk
        }),
        Stream.concat(Stream.execute(complete)),
        Stream.tapErrorCause((cause) => this.#streamEnded(stream, Exit.failCause(cause))),
        // Another failure is one of the program that reads the stream. Its text can be a payload.
        Stream.ensuringWith((exit) => this.#streamEnded(stream, Exit.isInterrupted(exit) ? exit : Exit.void))
      )
    })
  }

  /** Ends the call if its effect has returned with this stream. */
  #streamEnded(stream: ResponseStream, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    stream.exit ??= exit
    return this.#hasReturned && this.#stream === stream ? this.#end(stream.exit) : Effect.void
  }

  #report(report: (observer: CallObserver) => void): void {
    for (const observer of this.#observers) {
      ignoringExceptions(() => report(observer))
    }
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
    const { number, response: { requestId, status, variant } } = this.#attempt
    const result: CallResult = {
      status,
      requestId,
      variant,
      exit,
      attempts: number,
      totalRetryDelay: this.#totalRetryDelay,
      stream: this.#stream
    }
    let effect = Effect.void
    for (const observer of this.#observers) {
      const ending = ignoringExceptions(() => observer.ended(result)) ?? Effect.void
      effect = afterwards(effect, ending === Effect.void ? ending : Effect.catchAllCause(ending, () => Effect.void))
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
    return observation === undefined
      ? restore(call(undefined))
      // Code of the program, such as `encode` of an operation, can throw.
      : whenEnded(restore(Effect.suspend(() => call(observation))), (exit) => observation.callReturned(exit))
  })
