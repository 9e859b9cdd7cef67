/** A successful response, as an operation's `decode` reads it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { OperationResponse } from "../../Operation.ts"
import { type ErrorBody, parseError } from "../../protocol/error/errorCode.ts"
import { TransportError } from "../../SageMakerError.ts"
import type { ConnectionLease } from "../transport/connectionLease.ts"
import type { TransportResponse } from "../transport/transport.ts"
import type { Call } from "./call.ts"
import * as errorMapping from "./errorMapping.ts"
import type { RedactionValues } from "./redaction.ts"

/** What a response is made from. */
export interface ResponseSource {
  readonly call: Call
  readonly connection: ConnectionLease
  readonly redactionValues: () => RedactionValues
  readonly requestId: string | undefined
  readonly response: TransportResponse
}

/** Makes the response of one attempt. */
export const makeOperationResponse = (
  { call, connection, redactionValues, requestId, response: { body, headers, status } }: ResponseSource
): OperationResponse => {
  const { attempts, options: { interceptor }, totalRetryDelay } = call
  const errorResponse = (error: ErrorBody, text: string): errorMapping.ErrorResponse => ({
    ...error,
    status,
    requestId,
    retryAfterMillis: undefined,
    body: text,
    clockCorrected: false,
    redactionValues: redactionValues()
  })
  const notReadable = () =>
    new TransportError({
      message: "The response body has been read already, or its scope is closed",
      reason: "aborted",
      retry: "never",
      attempts,
      totalRetryDelay
    })
  return {
    status,
    headers,
    metadata: { requestId, httpStatusCode: status, attempts, totalRetryDelay },
    bytes: body.bytes,
    get stream() {
      const transferred = connection.transfer()
      return Effect.as(
        interceptor === undefined ? transferred : Effect.flatMap(transferred, interceptor.handOver),
        Stream.suspend(() =>
          connection.claimBody()
            ? Stream.ensuring(body.stream, Effect.suspend(() => connection.close()))
            : Stream.fail(notReadable())
        )
      )
    },
    streamError: (errors) => (code, members) =>
      errorMapping.fromStream(errors, errorResponse(parseError(code, members), members), call),
    unknownError: (code, message) => errorMapping.unknownError(errorResponse({ code, message, members: {} }, ""), call)
  }
}
