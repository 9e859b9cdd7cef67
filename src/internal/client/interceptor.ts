/** What layers around a client put around a call and around each of its attempts. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CircuitOpenError, OverloadedError } from "../../SageMakerError.ts"

/** What a guard can turn a call away with. */
type Refused = OverloadedError | CircuitOpenError

type Around = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Refused, R>

/** How far a call has come. */
interface Progress {
  readonly attempts: number
  readonly totalRetryDelay: number
}

/**
 * The guard of one call.
 *
 * `outside` stands around all of it, `call` inside the `total` deadline, `attempt` around each attempt, outside the
 * `attempt` deadline. `handOver` hears of a connection that outlives the call, as the one of a stream does.
 */
export interface Interceptor {
  readonly outside: Around
  readonly call: Around
  readonly attempt: (progress: Progress) => Around
  readonly handOver: (connection: Scope.Scope) => Effect.Effect<void>
}

/** A call as a guard sees it. */
export interface InterceptedCall {
  readonly operation: string
  readonly input: unknown
}

const unchanged: Around = (effect) => effect

/** Makes the guard of a call from those of its parts that it needs. */
export const interceptor = (parts: Partial<Interceptor>): Interceptor => ({
  outside: unchanged,
  call: unchanged,
  attempt: () => unchanged,
  handOver: () => Effect.void,
  ...parts
})

const open = interceptor({})

/** The guards in force; what makes one is run once a call. */
export class CurrentInterceptor
  extends Context.Reference<CurrentInterceptor>()("effect-sagemaker-runtime/internal/Guards", {
    defaultValue: (): (call: InterceptedCall) => Interceptor => () => open
  })
{}

/** The guards in force, and within them one more. */
export const addInterceptor =
  (context: Context.Context<never>, make: (call: InterceptedCall) => Interceptor) =>
  (call: InterceptedCall): Interceptor => {
    const [outer, inner] = [Context.get(context, CurrentInterceptor)(call), make(call)]
    return {
      outside: (effect) => outer.outside(inner.outside(effect)),
      call: (effect) => outer.call(inner.call(effect)),
      attempt: (progress) => (effect) => outer.attempt(progress)(inner.attempt(progress)(effect)),
      handOver: (connection) => Effect.zipRight(outer.handOver(connection), inner.handOver(connection))
    }
  }
