/** One attempt: sign, send, decode. Every failure leaves here as a typed error, and nothing stays open. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BodyError, OperationResponse, ResponseMetadata } from "../../Operation.ts"
import { type ErrorBody, parseError } from "../../protocol/error/errorCode.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import { correctedOffset, type Sample } from "../../protocol/retry/clockSkew.ts"
import { retryAfterMillis } from "../../protocol/retry/retry.ts"
import { userAgent } from "../../protocol/userAgent/userAgent.ts"
import { type CommonError, TransportError } from "../../SageMakerError.ts"
import type { Signer } from "../../Signer.ts"
import { Connection } from "../transport/connectionLease.ts"
import { withHeaders } from "../transport/request.ts"
import { liveClock } from "../transport/timeout.ts"
import type { Exchange, Lost, Send } from "../transport/transport.ts"
import { expired } from "./deadlines.ts"
import * as errorMapping from "./errorMapping.ts"
import type { Attempt, Call, Task } from "./pipeline.ts"
import { type RedactionValues, redactionValues } from "./redaction.ts"
import { traceHeaders } from "./tracing.ts"

/** What all attempts of a client share. */
export interface Client {
  /** Sends with deadlines on Effect's clock. */
  readonly send: Send
  /** Sends with deadlines on this machine's, where there is such a way. */
  readonly sendLive: Send | undefined
  readonly signer: Context.Tag.Service<Signer>
  readonly serviceUrl: string
  readonly region: string
  readonly correctClockSkew?: boolean | undefined
  readonly clockOffset?: number | undefined
  readonly appId?: string | undefined
}

/** How much of an error's body is read. */
const maxErrorBytes = 256 * 1024

const requestIdOf = (headers: Headers.Headers): string | undefined =>
  headers["x-amzn-requestid"] ?? headers["x-amzn-request-id"] ?? headers["x-amz-request-id"]

const attemptHeader = ({ attempts, maxAttempts }: Call): string =>
  maxAttempts === undefined ? `attempt=${attempts}` : `attempt=${attempts}; max=${maxAttempts}`

/** The answer to an attempt, as an operation reads it. */
class Answer implements OperationResponse {
  readonly status: number
  readonly headers: Headers.Headers
  readonly metadata: ResponseMetadata
  readonly #exchange: Exchange
  readonly #connection: Connection
  readonly #call: Call
  readonly #secrets: () => RedactionValues

  constructor(
    exchange: Exchange,
    metadata: ResponseMetadata,
    connection: Connection,
    call: Call,
    secrets: () => RedactionValues
  ) {
    this.status = exchange.status
    this.headers = exchange.headers
    this.metadata = metadata
    this.#exchange = exchange
    this.#connection = connection
    this.#call = call
    this.#secrets = secrets
  }

  get bytes(): Effect.Effect<Uint8Array, BodyError> {
    return this.#exchange.bytes
  }

  get stream(): Effect.Effect<Stream.Stream<Uint8Array, BodyError>, never, Scope.Scope> {
    return Effect.as(
      Effect.flatMap(this.#connection.handOver(), this.#call.guard.handOver),
      Stream.suspend(() =>
        this.#connection.takeBody()
          ? Stream.ensuring(this.#exchange.stream, Effect.suspend(() => this.#connection.close()))
          : Stream.fail(this.#notReadable())
      )
    )
  }

  get streamError(): OperationResponse["streamError"] {
    return (errors) => (code, members) =>
      errorMapping.fromStream(errors, this.#inStream(parseError(code, members), members), this.#call)
  }

  get unknownError(): OperationResponse["unknownError"] {
    return (code, message) => errorMapping.unknownError(this.#inStream({ code, message, members: {} }, ""), this.#call)
  }

  #notReadable(): TransportError {
    return new TransportError({
      message: "The body has been read, or its scope is closed",
      reason: "aborted",
      retry: "never",
      attempts: this.#call.attempts,
      totalRetryDelay: this.#call.totalRetryDelay
    })
  }

  #inStream(error: ErrorBody, text: string): errorMapping.ErrorResponse {
    return {
      ...error,
      status: this.status,
      requestId: this.metadata.requestId,
      retryAfterMillis: undefined,
      body: text,
      clockCorrected: false,
      secrets: this.#secrets()
    }
  }
}

const joined = (base: string, path: string): string =>
  base.endsWith("/") && path.startsWith("/") ? base + path.slice(1) : base + path

/** Makes a client's attempts; the learnt clock offset is the client's. */
export const makeAttempt = (client: Client): Attempt => {
  const agent = userAgent(client.appId)
  let clockOffset = client.clockOffset ?? 0

  /** Learns the clock offset from a response; tells whether the request had been signed with a wrong time. */
  const learn = (sample: Sample): boolean => {
    const offset = client.correctClockSkew === false ? undefined : correctedOffset(sample)
    clockOffset = offset ?? clockOffset
    return offset !== undefined
  }

  const urlOf = memoize((path) => joined(client.serviceUrl, path))

  const prepare = (request: HttpClientRequest.HttpClientRequest, call: Call) => {
    const own = {
      "user-agent": agent,
      "x-amz-user-agent": agent,
      "amz-sdk-invocation-id": call.id,
      "amz-sdk-request": attemptHeader(call)
    }
    const { body } = request
    const all = body._tag === "Uint8Array" ? { ...own, "content-length": `${body.contentLength}` } : own
    return withHeaders(request, all, urlOf(request.url))
  }

  /** Sends; a failure says whether the service may have seen the request. */
  const send = (
    request: HttpClientRequest.HttpClientRequest,
    connection: Connection,
    call: Call,
    clock: Clock.Clock
  ) => {
    const sentAt = clock.unsafeCurrentTimeMillis()
    const lost = (failure: Lost): BodyError => {
      if (failure._tag === "Late") {
        call.requestSent = failure.requestSent
        return expired(failure.phase, call)
      }
      const error = errorMapping.fromHttpClient(failure, call, clock.unsafeCurrentTimeMillis() - sentAt)
      call.requestSent = error._tag === "ProtocolError" || error.requestSent
      return error
    }
    call.requestSent = true
    const sending = client.sendLive !== undefined && clock === liveClock ? client.sendLive : client.send
    return sending(request, call.deadlines, { connection, lost })
  }

  /** The answer of the service, decoded or refused. */
  const answered = <I, O, E, R>(
    { call, operation, span }: Task<I, O, E, R>,
    connection: Connection,
    request: HttpClientRequest.HttpClientRequest,
    answer: Exchange,
    sample: Sample
  ): Effect.Effect<O, E | CommonError, R> => {
    const { headers, status } = answer
    const requestId = requestIdOf(headers)
    span?.attribute("http.response.status_code", status)
    span?.attribute("aws.request_id", requestId)
    const secrets = () => redactionValues(request, operation.sensitive ?? [])
    if (status >= 200 && status < 300) {
      const { attempts, totalRetryDelay } = call
      const metadata = { requestId, httpStatusCode: status, attempts, totalRetryDelay }
      return operation.decode(new Answer(answer, metadata, connection, call, secrets))
    }
    return Effect.flatMap(answer.start(maxErrorBytes), (bytes) => {
      const text = new TextDecoder().decode(bytes)
      const error = parseError(headers["x-amzn-errortype"], text)
      return Effect.fail(errorMapping.fromErrorResponse(operation.errors, {
        ...error,
        status,
        requestId,
        retryAfterMillis: retryAfterMillis(headers, sample.receivedAt + clockOffset),
        body: text,
        clockCorrected: learn({ ...sample, code: error.code }),
        secrets: secrets()
      }, call))
    })
  }

  return (task) => {
    const { call, ended, fiber, request, span } = task
    const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    const signedOffset = clockOffset
    const date = new Date(clock.unsafeCurrentTimeMillis() + signedOffset)
    const connection = new Connection()
    let sample: Sample | undefined
    const signing = client.signer.sign(prepare(request, call), { service: "sagemaker", region: client.region, date })
    const exchange = Effect.flatMap(signing, (signed) => {
      const trace = traceHeaders(fiber, span)
      const traced = trace === undefined ? signed : withHeaders(signed, trace)
      const sentAt = clock.unsafeCurrentTimeMillis()
      return Effect.flatMap(send(traced, connection, call, clock), (answer) => {
        const receivedAt = clock.unsafeCurrentTimeMillis()
        sample = {
          code: undefined,
          date: answer.headers["date"],
          age: answer.headers["age"],
          sentAt,
          receivedAt,
          signedOffset
        }
        return answered(task, connection, traced, answer, sample)
      })
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.matchCauseEffect(restore(exchange), {
        onFailure: (cause) => {
          ended()
          return Effect.zipRight(connection.close(), Effect.failCause(cause))
        },
        onSuccess: (output) => {
          ended()
          if (connection.isHandedOver) {
            return Effect.succeed(output)
          }
          if (sample !== undefined) {
            learn(sample)
          }
          const closing = connection.close()
          return closing === Effect.void ? Effect.succeed(output) : Effect.as(closing, output)
        }
      })
    )
  }
}
