/** One attempt: sign, send, decode. Every failure leaves here as a typed error, and nothing stays open. */
import type * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type { Metadata, Response } from "../Operation.ts"
import { correctedOffset } from "../protocol/clockSkew.ts"
import { type ErrorBody, parseError } from "../protocol/errorCode.ts"
import { retryAfterMillis } from "../protocol/retry.ts"
import { userAgent } from "../protocol/userAgent.ts"
import { TransportError } from "../SageMakerError.ts"
import type { Signer } from "../Signer.ts"
import * as body from "./body.ts"
import { type Connection, make as makeConnection } from "./connection.ts"
import { within } from "./deadlines.ts"
import * as errorMapping from "./errorMapping.ts"
import type { Attempt, Call, Task } from "./pipeline.ts"
import { type Secrets, secretsOf } from "./secrets.ts"

/** What all attempts of a client share. */
export interface Client {
  readonly http: HttpClient.HttpClient
  readonly signer: Context.Tag.Service<Signer>
  readonly serviceUrl: string
  readonly region: string
  readonly correctClockSkew?: boolean | undefined
  readonly clockOffset?: number | undefined
  readonly appId?: string | undefined
}

const requestIdOf = (headers: Headers.Headers): string | undefined =>
  headers["x-amzn-requestid"] ?? headers["x-amzn-request-id"] ?? headers["x-amz-request-id"]

const attemptHeader = ({ attempts, maxAttempts }: Call): string =>
  maxAttempts === undefined ? `attempt=${attempts}` : `attempt=${attempts}; max=${maxAttempts}`

const propagate = (
  request: HttpClientRequest.HttpClientRequest,
  span: Tracer.Span
): Effect.Effect<HttpClientRequest.HttpClientRequest> =>
  Effect.zipWith(
    FiberRef.get(FiberRef.currentTracerEnabled),
    FiberRef.get(HttpClient.currentTracerPropagation),
    (enabled, propagation) =>
      enabled && propagation ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span)) : request
  )

const statusIsError = (
  error: HttpClientError
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError> =>
  error._tag === "ResponseError" && error.reason === "StatusCode"
    ? Effect.succeed(error.response)
    : Effect.fail(error)

const wasSent = (error: ReturnType<typeof errorMapping.fromHttpClient>): boolean =>
  error._tag === "ProtocolError" || error.requestSent

const notReadable = (call: Call) =>
  new TransportError({
    message: "The body has been read, or its scope is closed",
    reason: "aborted",
    retry: "never",
    attempts: call.attempts,
    totalRetryDelay: call.totalRetryDelay
  })

const responseOf = (
  response: HttpClientResponse.HttpClientResponse,
  headers: Headers.Headers,
  metadata: Metadata,
  connection: Connection,
  call: Call,
  secrets: () => Secrets
): Response => ({
  status: response.status,
  headers,
  metadata,
  bytes: body.whole(response, call),
  stream: Effect.as(
    Effect.flatMap(connection.handOver, call.guard.handOver),
    Stream.suspend(() =>
      connection.takeBody()
        ? Stream.ensuring(body.stream(response, call), connection.close)
        : Stream.fail(notReadable(call))
    )
  ),
  refuse: (errors) => (code, members) =>
    errorMapping.fromStream(errors, inStream(response, metadata, parseError(code, members), members, secrets()), call),
  unknown: (code, message) =>
    errorMapping.unknown(inStream(response, metadata, { code, message, members: {} }, "", secrets()), call)
})

const inStream = (
  { status }: HttpClientResponse.HttpClientResponse,
  { requestId }: Metadata,
  error: ErrorBody,
  text: string,
  secrets: Secrets
): errorMapping.Refusal => ({
  ...error,
  status,
  requestId,
  retryAfterMillis: undefined,
  body: text,
  clockCorrected: false,
  secrets
})

/** Makes a client's attempts; the learnt clock offset is the client's. */
export const makeAttempt = (client: Client): Attempt => {
  const http = HttpClient.withScope(client.http)
  const agent = userAgent(client.appId)
  let clockOffset = client.clockOffset ?? 0

  /** Learns the clock offset from a response; tells whether the request had been signed with a wrong time. */
  const learn = (sample: Parameters<typeof correctedOffset>[0]): boolean => {
    const offset = client.correctClockSkew === false ? undefined : correctedOffset(sample)
    clockOffset = offset ?? clockOffset
    return offset !== undefined
  }

  const prepare = (request: HttpClientRequest.HttpClientRequest, call: Call) =>
    request.pipe(
      HttpClientRequest.prependUrl(client.serviceUrl),
      HttpClientRequest.setHeaders({
        "user-agent": agent,
        "x-amz-user-agent": agent,
        "amz-sdk-invocation-id": call.id,
        "amz-sdk-request": attemptHeader(call),
        ...(request.body._tag === "Uint8Array" && { "content-length": `${request.body.contentLength}` })
      })
    )

  const send = (request: HttpClientRequest.HttpClientRequest, connection: Connection, call: Call) =>
    Effect.clockWith((clock) => {
      const sentAt = clock.unsafeCurrentTimeMillis()
      call.requestSent = true
      return http.execute(request).pipe(
        Effect.catchAll(statusIsError),
        Effect.mapError((error) => errorMapping.fromHttpClient(error, call, clock.unsafeCurrentTimeMillis() - sentAt))
      )
    }).pipe(
      Scope.extend(connection.scope),
      Effect.tapError((error) => Effect.sync(() => (call.requestSent = wasSent(error)))),
      within("firstByte", call)
    )

  const exchange = <I, O, E, R>({ call, operation, request, span }: Task<I, O, E, R>, connection: Connection) =>
    Effect.gen(function*() {
      const signedOffset = clockOffset
      const date = new Date((yield* Clock.currentTimeMillis) + signedOffset)
      const signed = yield* client.signer.sign(prepare(request, call), {
        service: "sagemaker",
        region: client.region,
        date
      })
      const traced = yield* propagate(signed, span)
      const sentAt = yield* Clock.currentTimeMillis
      const response = yield* send(traced, connection, call)
      const receivedAt = yield* Clock.currentTimeMillis
      const { headers, status } = response
      const requestId = requestIdOf(headers)
      span.attribute("http.response.status_code", status)
      span.attribute("aws.request_id", requestId)
      const secrets = () => secretsOf(traced, operation.sensitive ?? [])
      const sample = { date: headers["date"], age: headers["age"], sentAt, receivedAt, signedOffset }

      if (status >= 200 && status < 300) {
        const { attempts, totalRetryDelay } = call
        const metadata = { requestId, httpStatusCode: status, attempts, totalRetryDelay }
        const output = yield* operation.decode(responseOf(response, headers, metadata, connection, call, secrets))
        if (!connection.isHandedOver()) {
          learn({ ...sample, code: undefined })
        }
        return output
      }
      const text = yield* body.errorText(response, call)
      const error = parseError(headers["x-amzn-errortype"], text)
      return yield* Effect.fail(errorMapping.fromRefusal(operation.errors, {
        ...error,
        status,
        requestId,
        retryAfterMillis: retryAfterMillis(headers, receivedAt + clockOffset),
        body: text,
        clockCorrected: learn({ ...sample, code: error.code }),
        secrets: secrets()
      }, call))
    })

  return (task) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        makeConnection,
        (connection) =>
          Effect.onExit(
            restore(exchange(task, connection)),
            (exit) => Exit.isSuccess(exit) && connection.isHandedOver() ? Effect.void : connection.close
          )
      )
    )
}
