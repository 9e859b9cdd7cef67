/**
 * An `EmbeddingModel` of `@effect/ai` for models on SageMaker endpoints.
 *
 * It works with every `EmbeddingEndpoint`: `ModelEndpoint.embeddings`, and the embeddings of the presets in `Container`. It
 * needs the package `@effect/ai`: `npm install @effect/ai@0.37`.
 *
 * Vectors have the order of the texts. A request that fails fails the callers whose texts it contains, and no others. A text
 * that no request can contain fails its caller only. Errors are those of `SageMakerLanguageModel`.
 *
 * @example
 * ```ts
 * import { EmbeddingModel } from "@effect/ai"
 * import { Effect, Layer } from "effect"
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 * import { SageMakerEmbeddingModel } from "effect-sagemaker-runtime/ai"
 * import { NodeSageMaker } from "effect-sagemaker-runtime/node"
 *
 * const bge = SageMakerEmbeddingModel.layerBatched({ model: ModelEndpoint.embeddings("bge-m3"), maxBatchSize: 16 })
 *
 * export const vectors = Effect.flatMap(EmbeddingModel.EmbeddingModel, (model) => model.embedMany(["a cat", "a dog"])).pipe(
 *   Effect.provide(bge.pipe(Layer.provide(NodeSageMaker.layer())))
 * )
 * ```
 *
 * @since 0.1.0
 */
import * as EmbeddingModel from "@effect/ai/EmbeddingModel"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { ParentSpan } from "effect/Tracer"
import { durationMillis } from "../internal/config/duration.ts"
import { InvalidInputError, type SageMakerError } from "../SageMakerError.ts"
import { makeBatched } from "./internal/embeddings/batched.ts"
import { embedTexts, type Limits, limitsOf } from "./internal/embeddings/batches.ts"
import { makeDataLoader } from "./internal/embeddings/dataLoader.ts"

/**
 * The members of an `EmbeddingEndpoint` that an embedding model calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddingEndpointModel {
  /** The name of the endpoint. */
  readonly name: string
  /** Returns the vectors of texts, in the order of the texts. */
  readonly embedMany: (
    texts: ReadonlyArray<string>,
    options: { readonly maxBatchSize: number }
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<number>>, SageMakerError, unknown>
}

/**
 * The services that the calls of a model need, such as `SageMakerRuntime`.
 *
 * @since 0.1.0
 * @category models
 */
export type Requirements<Model extends Pick<EmbeddingEndpointModel, "embedMany">> = Effect.Effect.Context<
  ReturnType<Model["embedMany"]>
>

/**
 * A cache of vectors by text.
 *
 * @since 0.1.0
 * @category models
 */
export interface EmbeddingCache {
  /** The maximum number of texts. */
  readonly capacity: number
  /** How long a vector stays in the cache. */
  readonly timeToLive: Duration.DurationInput
}

/**
 * Options of `layerBatched`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchedOptions<out Model extends EmbeddingEndpointModel> {
  /** The endpoint, for example `ModelEndpoint.embeddings("bge-m3")`. */
  readonly model: Model
  /** The maximum number of texts in a request. Default: that of the endpoint, which has 32 by default. */
  readonly maxBatchSize?: number | undefined
  /** The cache of vectors. Failures are not cached. Default: none. */
  readonly cache?: EmbeddingCache | undefined
}

/**
 * Options of `layerDataLoader`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataLoaderOptions<out Model extends EmbeddingEndpointModel> {
  /** The endpoint, for example `ModelEndpoint.embeddings("bge-m3")`. */
  readonly model: Model
  /** How long the first text of a request waits for others, for example `"10 millis"`. */
  readonly window: Duration.DurationInput
  /** The maximum number of texts in a request. A full request is sent at once. Default: that of the endpoint. */
  readonly maxBatchSize?: number | undefined
}

/**
 * Provides an `EmbeddingModel` that sends the texts of an `embedMany` in common requests.
 *
 * `embed` in a `Effect.forEach` with `batching: true` does so, too. Requests run one after the other unless the endpoint
 * has the option `concurrency`. An invalid `maxBatchSize` fails every call with `MalformedInput`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerBatched = <Model extends EmbeddingEndpointModel>(
  { cache, maxBatchSize, model }: BatchedOptions<Model>
): Layer.Layer<EmbeddingModel.EmbeddingModel, never, Requirements<Model>> =>
  Layer.effect(
    EmbeddingModel.EmbeddingModel,
    Effect.flatMap(
      Effect.context<never>(),
      (layer) => makeBatched(embedTexts(model, layer, limitsOf(model, maxBatchSize)), cache)
    )
  )

/** The span in which the layer was made is no parent of the requests. */
const withoutSpan = (context: Context.Context<never>): Context.Context<never> => Context.omit(ParentSpan)(context)

const windowOf = (
  window: Duration.DurationInput,
  limits: Either.Either<Limits, InvalidInputError>
): Either.Either<Limits & { readonly windowMillis: number }, InvalidInputError> => {
  const windowMillis = durationMillis(window)
  return windowMillis === undefined || !Number.isFinite(windowMillis)
    ? Either.left(new InvalidInputError({ field: "window", constraint: "a finite duration such as \"10 millis\"" }))
    : Either.map(limits, (valid) => ({ ...valid, windowMillis }))
}

/**
 * Provides an `EmbeddingModel` that collects the texts of all callers for the time of `window`, and sends them in common
 * requests.
 *
 * A request has the settings of the layer's context, not those of a caller. It is interrupted if all its callers are.
 * Callers are interrupted when the layer's scope closes. An invalid `window` or `maxBatchSize` fails every call with
 * `MalformedInput`.
 *
 * @example
 * ```ts
 * import { ModelEndpoint } from "effect-sagemaker-runtime"
 * import { SageMakerEmbeddingModel } from "effect-sagemaker-runtime/ai"
 *
 * export const bge = SageMakerEmbeddingModel.layerDataLoader({
 *   model: ModelEndpoint.embeddings("bge-m3", { maxBatchSize: 16 }),
 *   window: "10 millis"
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDataLoader = <Model extends EmbeddingEndpointModel>(
  { maxBatchSize, model, window }: DataLoaderOptions<Model>
): Layer.Layer<EmbeddingModel.EmbeddingModel, never, Requirements<Model>> =>
  Layer.scoped(
    EmbeddingModel.EmbeddingModel,
    Effect.flatMap(Effect.context<never>(), (layer) => {
      const settings = windowOf(window, limitsOf(model, maxBatchSize))
      return makeDataLoader(
        embedTexts(model, layer, settings),
        {
          context: withoutSpan(layer),
          ...Either.getOrElse(settings, () => ({ windowMillis: 0, maxBatchSize: 1 }))
        }
      )
    })
  )
