/**
 * Completions of a prompt, which several containers accept.
 *
 * @since 0.1.0
 */
import type * as Stream from "effect/Stream"
import type { Framing } from "../Framing.ts"
import * as completions from "../internal/container/llm/completions.ts"
import type {
  ModelEndpoint,
  ModelEndpointOptions,
  ModelEndpointStreamError,
  ModelEndpointStreamOptions
} from "../ModelEndpoint.ts"
import type { SageMakerRuntime } from "../SageMakerRuntime.ts"
import type { Dialect, Token } from "../Tokens.ts"

/**
 * A text generation API of a container. It returns a whole response or a stream of tokens.
 *
 * @since 0.1.0
 * @category text generation
 */
export interface GenerationEndpoint<in out A, in out B> {
  /** The name of the endpoint. */
  readonly name: string
  /** Input members that every call sends. The options of a call override them. */
  readonly defaults: ModelEndpointOptions
  /** Encodes the requests. */
  readonly request: ModelEndpoint<A, B>["request"]
  /** Decodes the responses. */
  readonly response: ModelEndpoint<A, B>["response"]
  /**
   * Sends a request and returns the response, as `ModelEndpoint.invoke` does. The members `stream` and `stream_options`
   * of the request are not sent.
   */
  readonly invoke: ModelEndpoint<A, B>["invoke"]
  /** Sends a request as `invoke` does. Returns the response with the members of the output, such as the variant. */
  readonly invokeWithResponse: ModelEndpoint<A, B>["invokeWithResponse"]
  /** Queues an asynchronous inference request, as `ModelEndpoint.invokeAsync` does. */
  readonly invokeAsync: ModelEndpoint<A, B>["invokeAsync"]
  /** Sends a request with `stream: true` and streams the tokens. Default framing: the dialect of the container. */
  readonly stream: {
    (
      request: A,
      framing?: Dialect,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<Token, ModelEndpointStreamError, SageMakerRuntime>
    <C, E, R>(
      request: A,
      framing: Framing<C, E, R>,
      options?: ModelEndpointStreamOptions
    ): Stream.Stream<C, ModelEndpointStreamError | E, SageMakerRuntime | R>
  }
}

/**
 * A request of OpenAI's completions API. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category text generation
 */
export const CompletionsRequest = completions.completionsRequest

/**
 * A request of OpenAI's completions API. Members that the schema does not declare are sent unchanged.
 *
 * @since 0.1.0
 * @category text generation
 */
export type CompletionsRequest = {
  [Member in keyof typeof CompletionsRequest.Type]: (typeof CompletionsRequest.Type)[Member]
}

/**
 * A response of OpenAI's completions API. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category text generation
 */
export const CompletionsResponse = completions.completionsResponse

/**
 * A response of OpenAI's completions API. Members that the schema does not declare are kept.
 *
 * @since 0.1.0
 * @category text generation
 */
export type CompletionsResponse = {
  [Member in keyof typeof CompletionsResponse.Type]: (typeof CompletionsResponse.Type)[Member]
}

/**
 * OpenAI's completions API of a container. Its streams are decoded with `Tokens.openAi`.
 *
 * @since 0.1.0
 * @category text generation
 */
export interface CompletionsEndpoint extends GenerationEndpoint<CompletionsRequest, CompletionsResponse> {}
