/**
 * An Effect-native client for Amazon SageMaker Runtime.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Chat from "./Chat.ts"

/**
 * @since 0.1.0
 */
export * as Codec from "./Codec.ts"

/**
 * @since 0.1.0
 */
export * as Credentials from "./Credentials.ts"

/**
 * @since 0.1.0
 */
export * as Framing from "./Framing.ts"

/**
 * @since 0.1.0
 */
export * as InvokeEndpoint from "./InvokeEndpoint.ts"

/**
 * @since 0.1.0
 */
export * as InvokeEndpointAsync from "./InvokeEndpointAsync.ts"

/**
 * @since 0.1.0
 */
export * as InvokeEndpointWithResponseStream from "./InvokeEndpointWithResponseStream.ts"

/**
 * @since 0.1.0
 */
export * as ModelEndpoint from "./ModelEndpoint.ts"

/**
 * @since 0.1.0
 */
export * as Operation from "./Operation.ts"

/**
 * @since 0.1.0
 */
export * as Resilience from "./Resilience.ts"

/**
 * @since 0.1.0
 */
export * as RetryPolicy from "./RetryPolicy.ts"

/**
 * @since 0.1.0
 */
export * as SageMakerError from "./SageMakerError.ts"

/**
 * @since 0.1.0
 */
export * as SageMakerRuntime from "./SageMakerRuntime.ts"

/**
 * @since 0.1.0
 */
export * as Session from "./Session.ts"

/**
 * @since 0.1.0
 */
export * as Signer from "./Signer.ts"

/**
 * @since 0.1.0
 */
export * as Timeouts from "./Timeouts.ts"

/**
 * @since 0.1.0
 */
export * as Tokens from "./Tokens.ts"

export {
  /**
   * Sends a request to a deployed model and gives its answer.
   *
   * @since 0.1.0
   */
  invokeEndpoint
} from "./InvokeEndpoint.ts"

export {
  /**
   * Hands work to a deployed model and says where its result will be.
   *
   * @since 0.1.0
   */
  invokeEndpointAsync
} from "./InvokeEndpointAsync.ts"

export {
  /**
   * Sends a request to a deployed model and gives the head of its answer, whose `Body` streams.
   *
   * @since 0.1.0
   */
  invokeEndpointWithResponseStream,
  /**
   * Sends a request to a deployed model and streams the parts of its answer.
   *
   * @since 0.1.0
   */
  streamEndpoint
} from "./InvokeEndpointWithResponseStream.ts"
