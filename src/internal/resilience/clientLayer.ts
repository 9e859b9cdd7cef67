/** Layers that wrap the client of another layer. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Operation } from "../../Operation.ts"
import type { ConfigurationError } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { addInterceptor, CurrentInterceptor, type InterceptedCall, type Interceptor } from "../client/interceptor.ts"

/** Replaces the client of a layer. `layer` is called for each client, because Effect shares layers by identity. */
export const wrapClient = <Given, E>(
  layer: () => Layer.Layer<Given | SageMakerRuntime, E, SageMakerRuntime>
) =>
<Out, E2, R>(
  client: Layer.Layer<Out | SageMakerRuntime, E2, R>
): Layer.Layer<Out | SageMakerRuntime | Given, E | E2, R> =>
  Layer.provideMerge(layer(), client) as Layer.Layer<Out | SageMakerRuntime | Given, E | E2, R>

/** The client in context with an interceptor around each call. Interceptors of outer layers wrap those of inner layers. */
export const intercepted = (
  make: Effect.Effect<(call: InterceptedCall) => Interceptor, ConfigurationError, Scope.Scope>
): Layer.Layer<SageMakerRuntime, ConfigurationError, SageMakerRuntime> =>
  Layer.scoped(
    SageMakerRuntime,
    Effect.zipWith(SageMakerRuntime, make, (client, interceptorOf) => ({
      execute: <I, O, E, R>(operation: Operation<I, O, E, R>, input: I) =>
        Effect.mapInputContext(
          client.execute(operation, input),
          (context: Context.Context<R>) =>
            Context.add(context, CurrentInterceptor, addInterceptor(context as Context.Context<never>, interceptorOf))
        )
    }))
  )
