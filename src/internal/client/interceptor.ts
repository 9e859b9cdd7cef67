/** Interceptors: code that middleware around a client runs around a call and around each of its attempts. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CircuitOpenError, OverloadedError } from "../../SageMakerError.ts"
import type { CallProgress } from "./call.ts"

/** Errors with which an interceptor rejects a call. */
type Rejection = OverloadedError | CircuitOpenError

type Around = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Rejection, R>

/** The interceptor of one call. */
export interface Interceptor {
  /** Wraps the whole call, outside its `total` deadline. */
  readonly outside: Around
  /** Wraps all attempts, inside the `total` deadline. */
  readonly call: Around
  /** Wraps one attempt, outside the `attempt` deadline. */
  readonly attempt: (progress: CallProgress) => Around
  /** Runs when a scope takes over the connection, as for a response stream; the scope given closes with the connection. */
  readonly handOver: (connection: Scope.Scope) => Effect.Effect<void>
}

/** The call that an interceptor is made for. */
export interface InterceptedCall {
  readonly operation: string
  readonly input: unknown
}

const unchanged: Around = (effect) => effect

/** Makes an interceptor; a part that is missing does nothing. */
export const interceptor = (parts: Partial<Interceptor>): Interceptor => ({
  outside: unchanged,
  call: unchanged,
  attempt: () => unchanged,
  handOver: () => Effect.void,
  ...parts
})

/** Makes the interceptor of each call; `undefined` where there is none. */
export class CurrentInterceptor
  extends Context.Reference<CurrentInterceptor>()("effect-sagemaker-runtime/CurrentInterceptor", {
    defaultValue: (): ((call: InterceptedCall) => Interceptor) | undefined => undefined
  })
{}

/** Adds an interceptor inside the ones of a context. */
export const addInterceptor =
  (context: Context.Context<never>, make: (call: InterceptedCall) => Interceptor) =>
  (call: InterceptedCall): Interceptor => {
    const [outer, inner] = [Context.get(context, CurrentInterceptor)?.(call), make(call)]
    return outer === undefined ? inner : {
      outside: (effect) => outer.outside(inner.outside(effect)),
      call: (effect) => outer.call(inner.call(effect)),
      attempt: (progress) => (effect) => outer.attempt(progress)(inner.attempt(progress)(effect)),
      handOver: (connection) => Effect.zipRight(outer.handOver(connection), inner.handOver(connection))
    }
  }
