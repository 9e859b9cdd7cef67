/** The services of a model: those of its layer, with the settings of the caller. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Span } from "effect/Tracer"
import { ParentSpan } from "effect/Tracer"
import { SageMakerRuntime } from "../../../SageMakerRuntime.ts"

/** The services that select where and as whom a model is called. The layer determines them, not the caller. */
const keysOfLayer: ReadonlyArray<string> = [
  SageMakerRuntime.key,
  "effect-sagemaker-runtime/BearerToken",
  HttpClient.HttpClient.key
]

/**
 * Everything else comes from the caller if it has it: settings of a call, such as `Timeouts.use`, the tracer and spans.
 */
const merge = (layer: Context.Context<never>, caller: Context.Context<never>): Context.Context<never> => {
  const services = new Map(Context.merge(layer, caller).unsafeMap)
  for (const key of keysOfLayer) {
    if (layer.unsafeMap.has(key)) {
      services.set(key, layer.unsafeMap.get(key))
    }
  }
  return Context.unsafeMake(services)
}

const merged = (layer: Context.Context<never>, span: Span | undefined) => (caller: Context.Context<never>) => {
  const services = merge(layer, caller)
  return span === undefined ? services : Context.add(services, ParentSpan, span)
}

/** Provides the services of a layer to an effect. Its spans are children of `span`. */
export const provideServices =
  (layer: Context.Context<never>, span?: Span) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E> =>
    Effect.mapInputContext(effect, merged(layer, span) as (caller: Context.Context<never>) => Context.Context<R>)

/** Provides the services of a layer to a stream. Its spans are children of `span`. */
export const provideServicesToStream =
  (layer: Context.Context<never>, span?: Span) => <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E> =>
    Stream.mapInputContext(stream, merged(layer, span) as (caller: Context.Context<never>) => Context.Context<R>)
