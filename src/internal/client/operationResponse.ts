/** A successful response, as an operation's `decode` reads it. */
import type * as Headers from "@effect/platform/Headers"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BodyError, OperationResponse, ResponseMetadata } from "../../Operation.ts"
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

/** The response of one attempt. */
export class AttemptResponse implements OperationResponse {
  readonly metadata: ResponseMetadata
  readonly #source: ResponseSource

  constructor(source: ResponseSource) {
    const { call, requestId, response } = source
    const { attempts, totalRetryDelay } = call
    this.metadata = { requestId, httpStatusCode: response.status, attempts, totalRetryDelay }
    this.#source = source
  }

  get status(): number {
    return this.#source.response.status
  }

  get headers(): Headers.Headers {
    return this.#source.response.headers
  }

  get bytes(): Effect.Effect<Uint8Array, BodyError> {
    return this.#source.response.body.bytes
  }

  get stream(): Effect.Effect<Stream.Stream<Uint8Array, BodyError>, never, Scope.Scope> {
    const { call, connection, response } = this.#source
    const body = Stream.suspend(() =>
      connection.claimBody()
        ? Stream.ensuring(response.body.stream, Effect.suspend(() => connection.close()))
        : Stream.fail(this.#notReadable())
    )
    const transferred = connection.transfer()
    return Effect.as(
      call.interceptor === undefined ? transferred : Effect.flatMap(transferred, call.interceptor.handOver),
      body
    )
  }

  get streamError(): OperationResponse["streamError"] {
    return (errors) => (code, members) =>
      errorMapping.fromStream(errors, this.#errorResponse(parseError(code, members), members), this.#source.call)
  }

  get unknownError(): OperationResponse["unknownError"] {
    return (code, message) =>
      errorMapping.unknownError(this.#errorResponse({ code, message, members: {} }, ""), this.#source.call)
  }

  #notReadable(): TransportError {
    return new TransportError({
      message: "The response body has been read already, or its scope is closed",
      reason: "aborted",
      retry: "never",
      ...this.#source.call.progress
    })
  }

  #errorResponse(error: ErrorBody, text: string): errorMapping.ErrorResponse {
    return {
      ...error,
      status: this.status,
      requestId: this.metadata.requestId,
      retryAfterMillis: undefined,
      body: text,
      clockCorrected: false,
      redactionValues: this.#source.redactionValues()
    }
  }
}
