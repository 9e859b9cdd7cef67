/**
 * SGLang: chat completions, and its own `/generate`.
 *
 * @since 0.1.0
 */
import * as internalSglang from "../internal/container/llm/sglang.ts"
import type { ChatEndpoint, ModelEndpointOptions } from "../ModelEndpoint.ts"
import type { GenerationEndpoint } from "./TextGeneration.ts"

/**
 * A request of SGLang's `/generate` route. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category SGLang
 */
export const SglangGenerateRequest = internalSglang.generateRequest

/**
 * A request of SGLang's `/generate` route. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category SGLang
 */
export type SglangGenerateRequest = {
  [Member in keyof typeof SglangGenerateRequest.Type]: (typeof SglangGenerateRequest.Type)[Member]
}

/**
 * A text that SGLang generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category SGLang
 */
export const SglangGeneration = internalSglang.generation

/**
 * A text that SGLang generated. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category SGLang
 */
export type SglangGeneration = {
  [Member in keyof typeof SglangGeneration.Type]: (typeof SglangGeneration.Type)[Member]
}

/**
 * A response of SGLang's `/generate` route: one text, or a list for several prompts or `n` texts.
 *
 * @since 0.1.0
 * @category SGLang
 */
export const SglangGenerateResponse = internalSglang.generateResponse

/**
 * A response of SGLang's `/generate` route: one text, or a list for several prompts or `n` texts.
 *
 * @since 0.1.0
 * @category SGLang
 */
export type SglangGenerateResponse = SglangGeneration | ReadonlyArray<SglangGeneration>

/**
 * SGLang's `/generate` route. Its streams are decoded with `Tokens.sglang`.
 *
 * @since 0.1.0
 * @category SGLang
 */
export interface SglangGenerateEndpoint extends GenerationEndpoint<SglangGenerateRequest, SglangGenerateResponse> {}

/**
 * A deployed SGLang container.
 *
 * @since 0.1.0
 * @category SGLang
 */
export interface SglangEndpoint {
  /** The name of the endpoint. */
  readonly name: string
  /** Chat completions. SGLang's route for SageMaker accepts only these. */
  readonly chat: ChatEndpoint
  /**
   * SGLang's own API, for an image that forwards `/invocations` to `/generate`. SGLang's own server and the images of
   * AWS do not: they respond with status 400, a `ModelError`.
   */
  readonly generate: SglangGenerateEndpoint
}

/**
 * Makes a typed endpoint of SGLang.
 *
 * @example
 * ```ts
 * import { Container } from "effect-sagemaker-runtime"
 *
 * const qwen = Container.sglang("qwen3-8b")
 *
 * export const tokens = qwen.chat.stream({ messages: [{ role: "user", content: "Why is the sky blue?" }] })
 * ```
 *
 * @since 0.1.0
 * @category SGLang
 */
export const sglang = (name: string, options?: ModelEndpointOptions): SglangEndpoint =>
  internalSglang.sglang(name, options)
