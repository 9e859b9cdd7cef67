/** Layers that wrap the client of another layer. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ConfigurationError } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import {
  addInterceptor,
  combine,
  CurrentInterceptor,
  type ExecuteIntercepted,
  executeOf,
  type InterceptorOf,
  registerExecute
} from "../client/interceptor.ts"
import { type Monitor, monitorOf, registerMonitor } from "../telemetry/monitor.ts"

/** Replaces the client of a layer. `layer` is called for each client, because Effect shares layers by identity. */
export const wrapClient = <Given, E>(
  layer: () => Layer.Layer<Given | SageMakerRuntime, E, SageMakerRuntime>
) =>
<Out, E2, R>(
  client: Layer.Layer<Out | SageMakerRuntime, E2, R>
): Layer.Layer<Out | SageMakerRuntime | Given, E | E2, R> =>
  Layer.provideMerge(layer(), client) as Layer.Layer<Out | SageMakerRuntime | Given, E | E2, R>

type Client = Context.Tag.Service<SageMakerRuntime>

/** Runs an operation of a client that does not accept interceptors, with the interceptor in the context. */
const executeInContext = (client: Client): ExecuteIntercepted => (operation, input, interceptorOf) =>
  interceptorOf === undefined
    ? client.execute(operation, input)
    : Effect.mapInputContext(
      client.execute(operation, input),
      (context) =>
        Context.add(context, CurrentInterceptor, addInterceptor(context as Context.Context<never>, interceptorOf))
    )

/** A client with an interceptor around each call. */
const withInterceptor = (client: Client, interceptorOf: InterceptorOf, monitor: Monitor | undefined): Client => {
  const execute = executeOf(client) ?? executeInContext(client)
  const wrapped = registerExecute<Client>(
    { execute: (operation, input) => execute(operation, input, interceptorOf) },
    (operation, input, outer) => execute(operation, input, combine(outer, interceptorOf))
  )
  return registerMonitor(wrapped, monitorOf(client) ?? monitor)
}

/** The client in context with an interceptor around each call. Interceptors of outer layers wrap those of inner layers. */
export const intercepted = (
  make: Effect.Effect<InterceptorOf, ConfigurationError, Scope.Scope>,
  monitor?: Monitor
): Layer.Layer<SageMakerRuntime, ConfigurationError, SageMakerRuntime> =>
  Layer.scoped(
    SageMakerRuntime,
    Effect.zipWith(SageMakerRuntime, make, (client, interceptorOf) => withInterceptor(client, interceptorOf, monitor))
  )
