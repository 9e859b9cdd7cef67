/**
 * An Effect-native client for Amazon SageMaker Runtime.
 *
 * @since 0.1.0
 */

/**
 * Asynchronous inference requests, from the request to its result.
 *
 * @since 0.1.0
 */
export * as AsyncInference from "./AsyncInference.ts"

/**
 * Batch inference: a model applied to many rows.
 *
 * @since 0.1.0
 */
export * as Batch from "./Batch.ts"

/**
 * Bearer tokens of SageMaker's OpenAI-compatible route.
 *
 * @since 0.1.0
 */
export * as BearerToken from "./BearerToken.ts"

/**
 * Schemas of OpenAI's chat completions API.
 *
 * @since 0.1.0
 */
export * as Chat from "./Chat.ts"

/**
 * Typed payloads: JSON, JSON Lines, CSV, NPY, text and bytes.
 *
 * @since 0.1.0
 */
export * as Codec from "./Codec.ts"

/**
 * Presets for the serving containers of models.
 *
 * @since 0.1.0
 */
export * as Container from "./Container.ts"

/**
 * The AWS credentials that sign requests.
 *
 * @since 0.1.0
 */
export * as Credentials from "./Credentials.ts"

/**
 * The transport of bidirectional streams.
 *
 * @since 0.1.0
 */
export * as DuplexTransport from "./DuplexTransport.ts"

/**
 * Decoding of response streams into text, lines, JSON values or events.
 *
 * @since 0.1.0
 */
export * as Framing from "./Framing.ts"

/**
 * The operation InvokeEndpoint.
 *
 * @since 0.1.0
 */
export * as InvokeEndpoint from "./InvokeEndpoint.ts"

/**
 * The operation InvokeEndpointAsync.
 *
 * @since 0.1.0
 */
export * as InvokeEndpointAsync from "./InvokeEndpointAsync.ts"

/**
 * The operation InvokeEndpointWithBidirectionalStream, and the parts and messages of its streams.
 *
 * @since 0.1.0
 */
export * as InvokeEndpointWithBidirectionalStream from "./InvokeEndpointWithBidirectionalStream.ts"

/**
 * The operation InvokeEndpointWithResponseStream.
 *
 * @since 0.1.0
 */
export * as InvokeEndpointWithResponseStream from "./InvokeEndpointWithResponseStream.ts"

/**
 * Typed access to a deployed model.
 *
 * @since 0.1.0
 */
export * as ModelEndpoint from "./ModelEndpoint.ts"

/**
 * Objects in Amazon S3 or a compatible store.
 *
 * @since 0.1.0
 */
export * as ObjectStore from "./ObjectStore.ts"

/**
 * SageMaker's OpenAI-compatible route, for any OpenAI client.
 *
 * @since 0.1.0
 */
export * as OpenAiRoute from "./OpenAiRoute.ts"

/**
 * Definitions of operations, for custom operations.
 *
 * @since 0.1.0
 */
export * as Operation from "./Operation.ts"

/**
 * Circuit breaker, rate limit, concurrency limit, fallback and hedging for a client.
 *
 * @since 0.1.0
 */
export * as Resilience from "./Resilience.ts"

/**
 * Policies that decide which calls are retried, and when.
 *
 * @since 0.1.0
 */
export * as RetryPolicy from "./RetryPolicy.ts"

/**
 * The errors of calls, layers and codecs.
 *
 * @since 0.1.0
 */
export * as SageMakerError from "./SageMakerError.ts"

/**
 * The client of Amazon SageMaker Runtime.
 *
 * @since 0.1.0
 */
export * as SageMakerRuntime from "./SageMakerRuntime.ts"

/**
 * Stateful sessions with a model.
 *
 * @since 0.1.0
 */
export * as Session from "./Session.ts"

/**
 * Signing of requests with AWS Signature Version 4.
 *
 * @since 0.1.0
 */
export * as Signer from "./Signer.ts"

/**
 * @since 0.1.0
 */
export * as Telemetry from "./Telemetry.ts"

/**
 * Timeouts of calls and streams.
 *
 * @since 0.1.0
 */
export * as Timeouts from "./Timeouts.ts"

/**
 * Token streams of language models.
 *
 * @since 0.1.0
 */
export * as Tokens from "./Tokens.ts"

export {
  /**
   * Sends a request to a deployed model and returns its complete response.
   *
   * @since 0.1.0
   */
  invokeEndpoint
} from "./InvokeEndpoint.ts"

export {
  /**
   * Queues an asynchronous inference request. Completes when the service has accepted the request.
   *
   * @since 0.1.0
   */
  invokeEndpointAsync
} from "./InvokeEndpointAsync.ts"

export {
  /**
   * Sends parts to a deployed model while it receives parts of its response.
   *
   * @since 0.1.0
   */
  invokeEndpointWithBidirectionalStream
} from "./InvokeEndpointWithBidirectionalStream.ts"

export {
  /**
   * Sends a request to a deployed model. Completes when the response headers arrive, with `Body` as a stream.
   *
   * @since 0.1.0
   */
  invokeEndpointWithResponseStream,
  /**
   * Sends a request to a deployed model and streams the bytes of its response.
   *
   * @since 0.1.0
   */
  streamEndpoint
} from "./InvokeEndpointWithResponseStream.ts"
