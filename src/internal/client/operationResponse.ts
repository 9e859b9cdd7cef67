/** A successful response, for the `decode` function of an operation. */
import type * as Headers from "@effect/platform/Headers"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BodyError, OperationResponse, ResponseMetadata } from "../../Operation.ts"
import { type ErrorBody, parseError } from "../../protocol/error/errorCode.ts"
import { PayloadTooLargeError, TransportError } from "../../SageMakerError.ts"
import type { SentValues } from "../redaction/redaction.ts"
import type { ConnectionLease } from "../transport/connectionLease.ts"
import type { ResponseBody, TransportResponse } from "../transport/transport.ts"
import type { Call } from "./call.ts"
import { bodyDeadline } from "./deadlines.ts"
import * as errorMapping from "./errorMapping.ts"

/** Response headers, and the body that is still to be read. */
export interface ReceivedResponse extends Omit<TransportResponse, "body"> {
  readonly body: ResponseBody
}

/** The parts of a response. */
export interface ResponseSource {
  readonly call: Call
  readonly connection: ConnectionLease
  /** The largest body that is read as a whole, in bytes. */
  readonly maxBytes: number
  readonly sent: SentValues
  readonly requestId: string | undefined
  readonly response: ReceivedResponse
}

const byteLengthOf = (part: unknown): number => (part as Uint8Array).byteLength

/** The response of one attempt. It is a class for speed, because every call makes one. */
export class AttemptResponse implements OperationResponse {
  readonly status: number
  readonly headers: Headers.Headers
  readonly metadata: ResponseMetadata
  readonly #source: ResponseSource

  constructor(source: ResponseSource) {
    const { call: { attempts, totalRetryDelay }, requestId, response: { headers, status } } = source
    this.status = status
    this.headers = headers
    this.metadata = { requestId, httpStatusCode: status, attempts, totalRetryDelay }
    this.#source = source
  }

  get bytes(): Effect.Effect<Uint8Array, BodyError | PayloadTooLargeError> {
    const { call, maxBytes, response } = this.#source
    const { observation } = call.options
    const bytes = response.body.bytes(maxBytes, (isOverLimit) => this.#tooLarge(isOverLimit), bodyDeadline(call))
    return observation === undefined
      ? bytes
      : Effect.tap(bytes, ({ byteLength }) => observation.responseRead(byteLength))
  }

  get stream(): Effect.Effect<Stream.Stream<Uint8Array, BodyError>, never, Scope.Scope> {
    const { call: { options: { interceptor, observation } }, connection, response } = this.#source
    const transferred = connection.transfer()
    const intercepted = interceptor === undefined
      ? transferred
      : Effect.flatMap(transferred, interceptor.onConnectionTransfer)
    return Effect.as(
      observation === undefined
        ? intercepted
        : Effect.zipRight(
          intercepted,
          Effect.suspend(() => {
            const closed = observation.streamOpened()
            return Effect.addFinalizer(() => closed)
          })
        ),
      Stream.suspend(() =>
        connection.claimBody()
          ? Stream.ensuring(response.body.stream, Effect.suspend(() => connection.close()))
          : Stream.fail(this.#notReadable())
      )
    )
  }

  get observe(): OperationResponse["observe"] {
    const { observation } = this.#source.call.options
    return <A, E>(parts: Stream.Stream<A, E>, bytesOf: (part: A) => number = byteLengthOf) =>
      observation?.observe(parts, bytesOf) ?? parts
  }

  get streamError(): OperationResponse["streamError"] {
    return (errors) => (code, members) =>
      errorMapping.fromStream(errors, this.#errorResponse(parseError(code, members), members), this.#source.call)
  }

  get unknownError(): OperationResponse["unknownError"] {
    return (code, message) =>
      errorMapping.unknownError(this.#errorResponse({ code, message, members: {} }, ""), this.#source.call)
  }

  #tooLarge(isOverLimit: boolean): PayloadTooLargeError {
    const { maxBytes, requestId, response: { status } } = this.#source
    const { attempts, totalRetryDelay } = this.metadata
    return new PayloadTooLargeError({
      message: isOverLimit
        ? `The response body has more than ${maxBytes} bytes, the client's limit (maxResponseBytes)`
        : "The response body is too large for one Uint8Array",
      direction: "response",
      limit: isOverLimit ? maxBytes : undefined,
      status,
      requestId,
      attempts,
      totalRetryDelay
    })
  }

  #notReadable(): TransportError {
    const { attempts, totalRetryDelay } = this.metadata
    return new TransportError({
      message: "The response body has been read already, or its scope is closed",
      reason: "aborted",
      retry: "never",
      attempts,
      totalRetryDelay
    })
  }

  #errorResponse(error: ErrorBody, body: string): errorMapping.ErrorResponse {
    const { requestId, response: { status }, sent } = this.#source
    return {
      ...error,
      status,
      requestId,
      retryAfterMillis: undefined,
      body,
      clockCorrected: false,
      sent
    }
  }
}
