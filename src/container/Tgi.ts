/**
 * Text Generation Inference (TGI) of Hugging Face: chat completions, completions, and its own schema.
 *
 * @since 0.1.0
 */
import * as internalTgi from "../internal/container/llm/tgi.ts"
import type { ChatEndpoint, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { CompletionsEndpoint, GenerationEndpoint } from "./TextGeneration.ts"

/**
 * A request of TGI's own schema: `inputs` and `parameters`. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category TGI
 */
export const TgiGenerateRequest = internalTgi.generateRequest

/**
 * A request of TGI's own schema: `inputs` and `parameters`. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category TGI
 */
export type TgiGenerateRequest = {
  [Member in keyof typeof TgiGenerateRequest.Type]: (typeof TgiGenerateRequest.Type)[Member]
}

/**
 * A text that TGI generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category TGI
 */
export const TgiGeneration = internalTgi.generation

/**
 * A text that TGI generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category TGI
 */
export type TgiGeneration = { [Member in keyof typeof TgiGeneration.Type]: (typeof TgiGeneration.Type)[Member] }

/**
 * A response of TGI's own schema: a list with one text on SageMaker, one text on TGI's `/generate` route.
 *
 * @since 0.1.0
 * @category TGI
 */
export const TgiGenerateResponse = internalTgi.generateResponse

/**
 * A response of TGI's own schema: a list with one text on SageMaker, one text on TGI's `/generate` route.
 *
 * @since 0.1.0
 * @category TGI
 */
export type TgiGenerateResponse = TgiGeneration | ReadonlyArray<TgiGeneration>

/**
 * TGI's own schema: `inputs` and `parameters`. Its streams are decoded with `Tokens.tgi`.
 *
 * @since 0.1.0
 * @category TGI
 */
export interface TgiGenerateEndpoint extends GenerationEndpoint<TgiGenerateRequest, TgiGenerateResponse> {}

/**
 * A deployed Text Generation Inference (TGI) container of Hugging Face.
 *
 * @since 0.1.0
 * @category TGI
 */
export interface TgiEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Chat completions, for models with a chat template. */
  readonly chat: ChatEndpoint
  /** Completions of a prompt. */
  readonly completions: CompletionsEndpoint
  /** TGI's own schema: `inputs` and `parameters`. */
  readonly generate: TgiGenerateEndpoint
}

/**
 * Makes a typed endpoint of Text Generation Inference (TGI), the language model container of Hugging Face.
 *
 * @example
 * ```ts
 * import { Array, Effect } from "effect"
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const bloom = Container.tgi("bloom-560m")
 *
 * export const text = bloom.generate.invoke({ inputs: "Once upon a time", parameters: { max_new_tokens: 64 } }).pipe(
 *   Effect.map((response) => Array.ensure(response).map(({ generated_text }) => generated_text).join(""))
 * )
 * ```
 *
 * @since 0.1.0
 * @category TGI
 */
export const tgi = (name: string, options?: ModelEndpointOptions): TgiEndpoint => internalTgi.tgi(name, options)
