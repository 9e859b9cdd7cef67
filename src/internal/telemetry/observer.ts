/** Observers of calls. Spans, metrics and logs are observers. Their functions return at once. Exceptions are ignored. */
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Tracer from "effect/Tracer"
import type { ModelCall } from "./modelCall.ts"

/** The call that an observer is made for. */
export interface ObservedCall {
  readonly operation: string
  readonly input: unknown
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  /** The language-model call that this call belongs to. */
  readonly modelCall: ModelCall | undefined
  /** The span of the call, if a tracer records it. */
  readonly span: Tracer.Span | undefined
}

/** The response of an attempt. Its members are `undefined` without a response. */
export interface ObservedResponse {
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** The production variant that was invoked. */
  readonly variant: string | undefined
}

/** The response of the last attempt and the progress of a call. */
export interface CallResult extends ObservedResponse {
  readonly exit: Exit.Exit<unknown, unknown>
  readonly attempts: number
  /** The total time between attempts in milliseconds. */
  readonly totalRetryDelay: number
  /** The response stream, if the call has one. */
  readonly stream: StreamProgress | undefined
}

/** How much of a response stream has arrived. */
export interface StreamProgress {
  readonly parts: number
  readonly bytes: number
  /** Whether the stream has been read to its end. */
  readonly isComplete: boolean
}

/** The observer of one call. */
export interface CallObserver {
  /** The request body is encoded. */
  readonly requestEncoded?: (bytes: number) => void
  readonly attemptStarted?: (attempt: number) => void
  /** Attempts can overlap: a retry policy can start one before another has ended. */
  readonly attemptEnded?: (exit: Exit.Exit<unknown, unknown>, response: ObservedResponse, attempt: number) => void
  /** A whole response body has been read. */
  readonly responseRead?: (bytes: number) => void
  /** Parts of a response stream have arrived. It runs once per chunk of the stream. */
  readonly partsReceived?: (progress: StreamProgress) => void
  /**
   * The call has ended: with its output, or with the end of its response stream or of its language-model call.
   *
   * Returns an effect that runs before the caller gets the result, or `Effect.void` itself.
   */
  readonly ended: (result: CallResult) => Effect.Effect<void>
}
