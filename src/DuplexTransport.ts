/**
 * The transport of bidirectional streams: an `HttpClient` that sends the request body while it receives the response.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as Stream from "effect/Stream"
import { prepareFrames } from "./internal/client/frames.ts"
import type { Frames, OperationSettings } from "./Operation.ts"

/**
 * Sends the requests of `invokeEndpointWithBidirectionalStream`.
 *
 * It must complete when the response headers arrive, and continue to send the request body, a `Stream`. The service
 * requires HTTP/2. `fetch` and most HTTP clients do not send and receive at the same time. On Node, `NodeDuplexTransport`
 * provides it.
 *
 * @since 0.1.0
 * @category tags
 */
export class DuplexTransport extends Context.Tag("effect-sagemaker-runtime/DuplexTransport")<
  DuplexTransport,
  HttpClient.HttpClient
>() {}

/**
 * Creates the request body of a custom operation from a function that encodes the input as frames of an event stream.
 *
 * The request is sent with `DuplexTransport` to the HTTP/2 URL of the client. Each frame is signed when it is sent, and a
 * signed empty frame ends the body. The stream is run at most once per call, when the connection is open. If it fails, the
 * call or its response stream fails with the same error. The types of the operation must include that error.
 *
 * @since 0.1.0
 * @category constructors
 */
export const frames = <I, R>(
  encode: (input: I, settings: OperationSettings) => Stream.Stream<Uint8Array, unknown, R>
): Frames<I, R | DuplexTransport> => ({
  prepare: prepareFrames(encode, DuplexTransport)
})
