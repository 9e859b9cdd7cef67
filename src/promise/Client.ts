/**
 * A client for programs that use `async` and `await`: it runs effects as promises, and streams as async iterables.
 *
 * It keeps one `ManagedRuntime`: all calls share the services of its layer, such as connections and credentials.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { asyncDispose } from "./internal/asyncDispose.ts"
import { iterate } from "./internal/iteration.ts"
import { open } from "./internal/opened.ts"
import { makeServices } from "./internal/services.ts"
import { makeTasks } from "./internal/tasks.ts"

/**
 * Options of `run`, `iterate` and `open`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  /**
   * Aborts the work and closes its connections. The promise or the iteration rejects immediately with a `DOMException`
   * with the name `AbortError`: the reason of the signal if it is one, else an error whose `cause` is the reason.
   *
   * Nothing is sent if the signal is aborted already.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * The result of `open`: a copy of the value with functions that close its scope.
 *
 * The value, if it is a stream, or its members that are streams are async iterables too. An iteration ends with
 * `AbortError` if the value is closed or aborted first.
 *
 * The scope closes automatically when each of these streams has been read to its end, or has failed or stopped. Otherwise,
 * call `close` or use `await using`. A value with its own member `close`, such as a session, keeps it, and has only
 * `Symbol.asyncDispose`.
 *
 * @since 0.1.0
 * @category models
 */
export type Opened<A, R> =
  & WithIteration<A, R, { readonly [K in keyof A]: WithIteration<A[K], R, A[K]> }>
  & ("close" extends keyof A ? unknown : { readonly close: () => Promise<void> })
  & AsyncDisposable

type WithIteration<A, R, Other> = A extends Stream.Stream<infer B, infer _E, infer R2>
  ? [R2] extends [R] ? A & AsyncIterable<B> : A
  : Other

/**
 * A client over the services `R` of a layer.
 *
 * Promises and iterations reject with the error itself. Its class, `_tag` and fields are those of the effect's error
 * type. If several parts of an effect fail, they reject with the first failure. They reject with a defect, such as an
 * exception in a program's own function, only if there is no failure. An effect that interrupts itself rejects with an
 * `AbortError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client<in R> extends AsyncDisposable {
  /** Runs an effect, and returns its result. */
  readonly run: <A, E>(effect: Effect.Effect<A, E, R>, options?: RunOptions) => Promise<A>
  /**
   * Iterates over the values of a stream.
   *
   * The stream starts with the first request for a value, and continues only while a value is requested
   * (backpressure). `break`, `return` or an exception in a `for await` loop stops the stream, closes its connection and
   * waits until this is done. Each iteration runs the stream again, which sends a new request. Concurrent calls of
   * `next` get the values in order.
   */
  readonly iterate: <A, E>(stream: Stream.Stream<A, E, R>, options?: RunOptions) => AsyncIterable<A>
  /**
   * Runs an effect whose result has resources, such as a response with headers and a body, and keeps them open.
   *
   * The result must be an object without private fields. `signal` also aborts the streams of the result, as in `fetch`.
   */
  readonly open: <A extends object, E>(
    effect: Effect.Effect<A, E, R | Scope.Scope>,
    options?: RunOptions
  ) => Promise<Opened<A, R>>
  /**
   * Stops all work, waits until it has stopped, and releases the services, such as connections.
   *
   * Work that is not complete, and work that starts later, rejects with `ClientClosedError`. Each call returns the same
   * promise. A process without other work exits afterwards.
   */
  readonly close: () => Promise<void>
}

/**
 * The client is closed.
 *
 * @since 0.1.0
 * @category errors
 */
export class ClientClosedError extends Data.TaggedError("ClientClosedError")<{
  /** What happened. */
  readonly message: string
}> {}

const closedError = () => new ClientClosedError({ message: "The client is closed: close() was called" })

/**
 * Makes a client from a layer.
 *
 * The layer is built by the first call, and shared by all calls. If it cannot be built, the calls that wait for it
 * reject with its error, and the next call builds it again. An aborted call does not stop the build.
 *
 * @example
 * ```ts
 * import { invokeEndpoint } from "effect-sagemaker-runtime"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 * import { Client } from "effect-sagemaker-runtime/promise"
 *
 * const client = Client.make(NodeSageMaker.layer())
 *
 * export const score = async (signal: AbortSignal) => {
 *   const { Body } = await client.run(invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }), { signal })
 *   return new TextDecoder().decode(Body)
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R, E>(layer: Layer.Layer<R, E>): Client<R> => {
  const { close, start } = makeTasks(makeServices(layer), closedError)
  return {
    run: (effect, { signal } = {}) =>
      new Promise((onSuccess, onFailure) => void start(effect, { signal }, { onSuccess, onFailure })),
    iterate: (stream, { signal } = {}) => iterate(stream, start, { signal }),
    open: <A extends object, E2>(effect: Effect.Effect<A, E2, R | Scope.Scope>, { signal }: RunOptions = {}) =>
      open(effect, start, signal) as Promise<Opened<A, R>>,
    close,
    [asyncDispose]: close
  }
}
