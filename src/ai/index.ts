/**
 * Providers for `@effect/ai`.
 *
 * @since 0.1.0
 */

/**
 * A `LanguageModel` for models on SageMaker endpoints.
 *
 * @since 0.1.0
 */
export * as SageMakerLanguageModel from "./SageMakerLanguageModel.ts"

/**
 * An `EmbeddingModel` for models on SageMaker endpoints.
 *
 * @since 0.1.0
 */
export * as SageMakerEmbeddingModel from "./SageMakerEmbeddingModel.ts"
