/** Interceptors, which wrap a call and each of its attempts. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Operation } from "../../Operation.ts"
import type { CircuitOpenError, CommonError, OverloadedError, TransportError } from "../../SageMakerError.ts"
import { globalState } from "../global/globalState.ts"
import type { CallObserver, ObservedCall } from "../telemetry/observer.ts"
import type { CallProgress } from "./call.ts"

/** Errors with which an interceptor rejects a call. */
type Rejection = OverloadedError | CircuitOpenError | TransportError

type Wrap = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Rejection, R>

/** The interceptor of one call. */
export interface Interceptor {
  /** Wraps the whole call, outside its `total` deadline. */
  readonly wrapCall: Wrap
  /** Wraps all attempts, inside the `total` deadline. */
  readonly wrapAttempts: Wrap
  /** Wraps one attempt, outside the `attempt` deadline. */
  readonly wrapAttempt: (progress: CallProgress) => Wrap
  /** Runs when a response stream's connection is transferred to a scope, which closes with the connection. */
  readonly onConnectionTransfer: (connection: Scope.Scope) => Effect.Effect<void>
  /** Makes the observers of the call. */
  readonly observe: (call: ObservedCall) => ReadonlyArray<CallObserver>
}

/** The call that an interceptor is made for. */
export interface InterceptedCall {
  readonly operation: string
  readonly input: unknown
}

const unchanged: Wrap = (effect) => effect

/** Makes an interceptor. A missing part does nothing. */
export const interceptor = (parts: Partial<Interceptor>): Interceptor => ({
  wrapCall: unchanged,
  wrapAttempts: unchanged,
  wrapAttempt: () => unchanged,
  onConnectionTransfer: () => Effect.void,
  observe: () => [],
  ...parts
})

/** Makes the interceptor of each call. */
export type InterceptorOf = (call: InterceptedCall) => Interceptor

/** Makes the interceptor of each call. `undefined` if there is no interceptor. */
export class CurrentInterceptor
  extends Context.Reference<CurrentInterceptor>()("effect-sagemaker-runtime/CurrentInterceptor", {
    defaultValue: (): InterceptorOf | undefined => undefined
  })
{}

/** Adds an interceptor, which the interceptors of the context wrap. */
export const addInterceptor = (context: Context.Context<never>, make: InterceptorOf): InterceptorOf =>
  combine(Context.get(context, CurrentInterceptor), make)

/** The first interceptor wraps the second one. */
export const combine = (makeOuter: InterceptorOf | undefined, makeInner: InterceptorOf): InterceptorOf => {
  if (makeOuter === undefined) {
    return makeInner
  }
  return (call) => {
    const [outer, inner] = [makeOuter(call), makeInner(call)]
    return {
      wrapCall: (effect) => outer.wrapCall(inner.wrapCall(effect)),
      wrapAttempts: (effect) => outer.wrapAttempts(inner.wrapAttempts(effect)),
      wrapAttempt: (progress) => (effect) => outer.wrapAttempt(progress)(inner.wrapAttempt(progress)(effect)),
      onConnectionTransfer: (connection) =>
        Effect.zipRight(outer.onConnectionTransfer(connection), inner.onConnectionTransfer(connection)),
      observe: (observed) => [...outer.observe(observed), ...inner.observe(observed)]
    }
  }
}

/** Runs an operation with an interceptor, which the interceptors of the context wrap. */
export type ExecuteIntercepted = <I, O, E, R>(
  operation: Operation<I, O, E, R>,
  input: I,
  interceptorOf: InterceptorOf | undefined
) => Effect.Effect<O, E | CommonError, R>

const executes = globalState("executes", () => new WeakMap<object, ExecuteIntercepted>())

/** Registers how a client runs an operation with an interceptor. Interceptors in the context double a call's steps. */
export const registerExecute = <Client extends object>(client: Client, execute: ExecuteIntercepted): Client => {
  executes.set(client, execute)
  return client
}

/** How exactly this client runs an operation with an interceptor. A client that wraps it is another client. */
export const executeOf = (client: object): ExecuteIntercepted | undefined => executes.get(client)
