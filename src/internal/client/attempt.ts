/** One attempt of a call: signs, sends and decodes. It closes its connection unless a response stream uses it. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { BodyError, Operation } from "../../Operation.ts"
import { parseError } from "../../protocol/error/errorCode.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import { ClockOffset, type Sample } from "../../protocol/retry/clockSkew.ts"
import { retryAfterMillis } from "../../protocol/retry/retry.ts"
import { userAgent } from "../../protocol/userAgent/userAgent.ts"
import type { CommonError } from "../../SageMakerError.ts"
import type { Signer } from "../../Signer.ts"
import { withHeaders } from "../operation/request.ts"
import { printableIdentifier, SentValues } from "../redaction/redaction.ts"
import { isOwn, isReady } from "../telemetry/ownCode.ts"
import { traceHeaders, withParent } from "../telemetry/spans.ts"
import { isDefaultClock } from "../time/defaultServices.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import { ConnectionLease } from "../transport/connectionLease.ts"
import type { Transport, TransportFailure } from "../transport/transport.ts"
import type { Call } from "./call.ts"
import { bodyDeadline, deadlineExceeded } from "./deadlines.ts"
import * as errorMapping from "./errorMapping.ts"
import type { CallFrames } from "./frames.ts"
import { AttemptResponse, type ReceivedResponse } from "./operationResponse.ts"
import { fromHttpClientError } from "./transportError.ts"

/** The options that all attempts of a client share. */
export interface ClientOptions {
  /** Sends with timeouts on Effect's clock. */
  readonly transport: Transport
  /** Sends with timeouts on the system clock. It is used if Effect's clock is the default clock. */
  readonly systemTransport: Transport | undefined
  readonly signer: Context.Tag.Service<Signer>
  readonly serviceUrl: string
  /** The base URL of operations whose request body is frames. */
  readonly http2Url: string
  readonly region: string
  readonly maxResponseBytes: number
  readonly correctClockSkew?: boolean | undefined
  readonly clockOffset?: number | undefined
  readonly appId?: string | undefined
}

/** The input of one attempt. */
export interface AttemptContext<I, O, E, R> {
  readonly operation: Operation<I, O, E, R>
  readonly input: I
  /** The encoded request; its URL is a path. */
  readonly request: HttpClientRequest.HttpClientRequest
  readonly call: Call
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  /** The frames, if the request body is frames. */
  readonly frames: CallFrames<R> | undefined
}

type AttemptScope = Pick<AttemptContext<never, unknown, unknown, unknown>, "call" | "fiber">

/** Runs one attempt. */
export type Attempt = <I, O, E, R>(context: AttemptContext<I, O, E, R>) => Effect.Effect<O, E | CommonError, R>

/** A signed request, with its time of sending and the clock offset of its signature. */
interface SentRequest {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly connection: ConnectionLease
  readonly clock: Clock.Clock
  /** In milliseconds of the monotonic clock. */
  readonly sentAt: number
  /** The clock offset that the request was signed with. */
  readonly signedOffset: number
  readonly frames: CallFrames<unknown> | undefined
}

/** The maximum number of bytes that are read from the body of an error response. */
const maxErrorBytes = 256 * 1024

const requestIdOf = (headers: Headers.Headers, sent: SentValues): string | undefined =>
  printableIdentifier(
    headers["x-amzn-requestid"] ?? headers["x-amzn-request-id"] ?? headers["x-amz-request-id"],
    sent
  )

const joinUrl = (base: string, path: string): string =>
  base.endsWith("/") && path.startsWith("/") ? base + path.slice(1) : base + path

const attemptHeader = ({ attempts, options: { maxAttempts } }: Call): string =>
  maxAttempts === undefined ? `attempt=${attempts}` : `attempt=${attempts}; max=${maxAttempts}`

/** Makes the function that adds the absolute URL and the headers of client and call to an encoded request. */
const makePrepareRequest = (
  { appId, http2Url, serviceUrl }: Pick<ClientOptions, "appId" | "http2Url" | "serviceUrl">
) => {
  const agent = userAgent(appId)
  const urlOf = memoize((path) => joinUrl(serviceUrl, path))
  return (
    request: HttpClientRequest.HttpClientRequest,
    call: Call,
    hasFrames: boolean
  ): HttpClientRequest.HttpClientRequest => {
    const headers: Record<string, string> = {
      "user-agent": agent,
      "x-amz-user-agent": agent,
      "amz-sdk-invocation-id": call.options.id,
      "amz-sdk-request": attemptHeader(call)
    }
    const { body } = request
    if (body._tag === "Uint8Array") {
      headers["content-length"] = `${body.contentLength}`
    }
    return withHeaders(request, headers, hasFrames ? joinUrl(http2Url, request.url) : urlOf(request.url))
  }
}

/** The largest number of variants that are remembered. */
const maxVariants = 100

/** Makes the function that returns a variant unless it repeats the request. It remembers variants, because few exist. */
const makeVariantOf = () => {
  const known = new Set<string>()
  return (variant: string | undefined, sent: SentValues): string | undefined => {
    if (variant === undefined || known.has(variant)) {
      return variant
    }
    const printable = printableIdentifier(variant, sent)
    if (printable !== undefined && known.size < maxVariants) {
      known.add(printable)
    }
    return printable
  }
}

/** Adds unsigned headers: the trace context, and platform headers that the request does not have. */
const addUnsignedHeaders = (
  signed: HttpClientRequest.HttpClientRequest,
  { call: { options: { observation, platformHeaders } }, fiber }: AttemptScope
): HttpClientRequest.HttpClientRequest => {
  const trace = traceHeaders(fiber, observation?.spans)
  const traced = trace === undefined ? signed : withHeaders(signed, trace)
  return platformHeaders === undefined ? traced : withHeaders(traced, { ...platformHeaders, ...traced.headers })
}

const sampleOf = ({ clock, sentAt, signedOffset }: SentRequest, { headers }: ReceivedResponse): Sample => ({
  code: undefined,
  date: headers["date"],
  age: headers["age"],
  elapsed: monotonicMillis(clock) - sentAt,
  receivedAt: clock.unsafeCurrentTimeMillis(),
  signedOffset
})

/** The options of a client, and the clock offset that it has learned from responses. */
interface Client extends ClientOptions {
  readonly learnedOffset: ClockOffset
  readonly prepareRequest: ReturnType<typeof makePrepareRequest>
  readonly variantOf: ReturnType<typeof makeVariantOf>
}

const sign = <I, O, E, R>(
  client: Client,
  { call, frames, operation, request }: AttemptContext<I, O, E, R>,
  clock: Clock.Clock
): ReturnType<NonNullable<Operation<I, O, E, R>["sign"]>> => {
  const prepared = client.prepareRequest(request, call, frames !== undefined)
  const scope = {
    service: "sagemaker",
    region: client.region,
    date: new Date(clock.unsafeCurrentTimeMillis() + client.learnedOffset.millis)
  }
  const spans = call.options.observation?.spans
  if (frames !== undefined) {
    return frames.sign({
      request: prepared,
      scope,
      signer: client.signer,
      clock,
      clockOffset: () => client.learnedOffset.millis,
      spans
    })
  }
  if (operation.sign !== undefined) {
    return withParent(operation.sign(prepared, scope), spans)
  }
  const signed = client.signer.sign(prepared, scope)
  return spans === undefined || isReady(client.signer, clock.unsafeCurrentTimeMillis())
    ? signed
    : withParent(signed, spans)
}

const send = (
  client: Client,
  { clock, connection, frames, request, sentAt }: SentRequest,
  call: Call
): Effect.Effect<ReceivedResponse, BodyError> => {
  const { deadlines } = call.options
  const untilAttemptEnds = Math.max(0, call.attemptDeadline - sentAt)
  const isAttemptFirst = untilAttemptEnds < deadlines.firstByte
  const toError = (failure: TransportFailure): BodyError => {
    if (failure._tag === "TransportTimeout") {
      call.markSent(failure.requestSent)
      return deadlineExceeded(failure.phase === "firstByte" && isAttemptFirst ? "attempt" : failure.phase, call)
    }
    const error = fromHttpClientError(failure, call, Math.round(monotonicMillis(clock) - sentAt))
    call.markSent(error._tag === "ProtocolError" || error.requestSent)
    return error
  }
  call.markSent(true)
  const timeouts = isAttemptFirst ? { ...deadlines, firstByte: untilAttemptEnds } : deadlines
  const { systemTransport, transport } = frames?.transports ?? client
  const owner = { connection, toError }
  const sending = systemTransport !== undefined && isDefaultClock(clock)
    ? systemTransport(request, timeouts, owner)
    : withParent(transport(request, timeouts, owner), call.options.observation?.spans)
  return frames === undefined ? sending : frames.receive(sending)
}

const decode = <I, O, E, R>(
  { learnedOffset, maxResponseBytes, variantOf }: Client,
  { call, operation }: AttemptContext<I, O, E, R>,
  { connection, frames, request }: SentRequest,
  response: ReceivedResponse,
  sample: Sample
): Effect.Effect<O, E | CommonError, R> => {
  const { body, headers, status } = response
  const sent = new SentValues(request, operation.sensitive, frames?.sentBytes)
  const requestId = requestIdOf(headers, sent)
  call.options.observation?.responseReceived({
    status,
    requestId,
    variant: variantOf(headers["x-amzn-invoked-production-variant"], sent)
  })
  if (status >= 200 && status < 300) {
    const decoded = operation.decode(
      new AttemptResponse({
        call,
        connection,
        maxBytes: maxResponseBytes,
        sent,
        requestId,
        response
      })
    )
    return isOwn(operation.decode) ? decoded : withParent(decoded, call.options.observation?.spans)
  }
  return Effect.flatMap(body.firstBytes(maxErrorBytes, bodyDeadline(call)), (bytes) => {
    const text = new TextDecoder().decode(bytes)
    const error = operation.parseError?.({ status, headers, body: text }) ??
      parseError(headers["x-amzn-errortype"], text)
    const clockCorrected = learnedOffset.learn({ ...sample, code: error.code })
    return Effect.fail(errorMapping.fromErrorResponse(operation.errors, {
      body: text,
      ...error,
      status,
      requestId,
      retryAfterMillis: retryAfterMillis(headers, sample.receivedAt + learnedOffset.millis),
      clockCorrected,
      sent
    }, call))
  })
}

/** Closes the connection unless it has been transferred to a scope. */
const succeed = <O>(
  { learnedOffset }: Client,
  output: O,
  connection: ConnectionLease,
  sample: Sample | undefined
): Effect.Effect<O> => {
  if (connection.isTransferred) {
    return Effect.succeed(output)
  }
  if (sample !== undefined) {
    learnedOffset.learn(sample)
  }
  const closing = connection.close()
  return closing === Effect.void ? Effect.succeed(output) : Effect.as(closing, output)
}

/** Makes the attempts of a client. */
export const makeAttempt = (options: ClientOptions): Attempt => {
  const client: Client = {
    ...options,
    learnedOffset: new ClockOffset(options.clockOffset ?? 0, options.correctClockSkew !== false),
    prepareRequest: makePrepareRequest(options),
    variantOf: makeVariantOf()
  }
  return (context) => {
    const { call, fiber, frames } = context
    const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
    const connection = frames?.makeConnection() ?? new ConnectionLease()
    const signedOffset = client.learnedOffset.millis
    let sample: Sample | undefined
    const exchange = Effect.flatMap(sign(client, context, clock), (signed) => {
      const request = addUnsignedHeaders(signed, context)
      const sent = { request, connection, clock, sentAt: monotonicMillis(clock), signedOffset, frames }
      return Effect.flatMap(send(client, sent, call), (response) => {
        sample = sampleOf(sent, response)
        return decode(client, context, sent, response, sample)
      })
    })
    return Effect.uninterruptibleMask((restore) =>
      Effect.matchCauseEffect(restore(exchange), {
        onFailure: (cause) => {
          call.endAttempt(monotonicMillis(clock))
          return Effect.zipRight(connection.close(), Effect.failCause(cause))
        },
        onSuccess: (output) => {
          call.endAttempt(monotonicMillis(clock))
          return succeed(client, output, connection, sample)
        }
      })
    )
  }
}
