/** Handles InvokeEndpointWithBidirectionalStream: the handler receives the parts of the request while it returns outputs. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { requestHeaders } from "../../../InvokeEndpointWithBidirectionalStream.ts"
import type { EmulatorBidirectionalRequest, EmulatorEndpoint } from "../../Emulator.ts"
import {
  errorResponse,
  type ErrorSource,
  failureResponse,
  signatureErrorResponse,
  unknownEndpoint,
  unknownOperation
} from "../emulator/errorResponse.ts"
import type { HttpRequestHead, HttpResponseMessage, HttpStreamRequest } from "../emulator/httpMessage.ts"
import { allConstraints, sourceOf } from "../emulator/operationHandler.ts"
import { type PlainCredentials, verifyStreamSignature } from "../emulator/verifySignature.ts"
import { parseRoute } from "../openAiRoute/route.ts"
import { type FrameVerifier, makeFrameVerifier } from "./frameVerifier.ts"
import type { RequestFailure } from "./refusal.ts"
import { requestParts } from "./requestParts.ts"
import { responseFrames } from "./responseFrames.ts"
import { startOutputs } from "./session.ts"

/** The last segment of the operation's path. */
export const bidirectionalOperation = "invocations-bidirectional-stream"

export const isBidirectional = (request: HttpRequestHead): boolean =>
  parseRoute(request).operation === bidirectionalOperation

/** The members of the service that the operation uses. */
export interface BidirectionalOptions<R = never> {
  readonly endpoints: ReadonlyMap<string, EmulatorEndpoint<R>>
  readonly context: Context.Context<R>
  readonly credentials: PlainCredentials | undefined
  readonly region: string | undefined
}

const inputValidationError = (Message: string, ErrorCode?: string): HttpResponseMessage =>
  errorResponse(400, "InputValidationError", { Message, ErrorCode })

const internalServerError = errorResponse(500, "InternalServerError", {
  Message: "The request processing has failed because of an unknown error, exception or failure."
})

const decodeInput = (request: HttpStreamRequest): Either.Either<EmulatorBidirectionalRequest, HttpResponseMessage> => {
  const members = requestHeaders.decode(request.headers)
  return Either.mapBoth(requestHeaders.encode(members, allConstraints), {
    onLeft: ({ constraint, field }) =>
      inputValidationError(
        `1 validation error detected: Value at '${field}' failed to satisfy constraint: must be ${constraint}`
      ),
    onRight: () => ({
      ...members,
      operation: "InvokeEndpointWithBidirectionalStream",
      EndpointName: parseRoute(request).EndpointName
    })
  })
}

/** The verifier of the frames of an authentic request; `undefined` if signatures are not verified. */
const authenticate = (
  request: HttpStreamRequest,
  { credentials, region }: Pick<BidirectionalOptions, "credentials" | "region">
): Effect.Effect<FrameVerifier | undefined, HttpResponseMessage> =>
  credentials === undefined ? Effect.succeed(undefined) : Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const verified = yield* Effect.tryPromise({
      try: () => verifyStreamSignature(request, credentials, region, now),
      catch: () => internalServerError
    })
    return makeFrameVerifier(yield* Either.mapLeft(verified, signatureErrorResponse), credentials)
  })

type Handler<R> = NonNullable<EmulatorEndpoint<R>["bidirectional"]>

const handlerOf = <R>(
  { endpoints }: BidirectionalOptions<R>,
  name: string
): Either.Either<Handler<R>, HttpResponseMessage> => {
  const endpoint = endpoints.get(name)
  if (endpoint === undefined) {
    return Either.left(unknownEndpoint(name, "InputValidationError"))
  }
  return Either.fromNullable(
    endpoint.bidirectional,
    () => inputValidationError(`Endpoint ${name} does not support bidirectional streaming.`)
  )
}

/** The outputs of the handler. They fail as soon as the request violates the protocol. */
const runHandler = <R>(
  handler: Handler<R>,
  input: EmulatorBidirectionalRequest,
  request: HttpStreamRequest,
  verify: FrameVerifier | undefined,
  ready: Deferred.Deferred<void>
) =>
  Effect.gen(function*() {
    const refused = yield* Deferred.make<never, RequestFailure>()
    const refuse = (failure: RequestFailure) => Effect.asVoid(Deferred.fail(refused, failure))
    const parts = yield* requestParts(request.body, verify, refuse)
    const observed = Stream.unwrap(Effect.as(Deferred.succeed(ready, undefined), parts)).pipe(
      Stream.catchAll((failure) => Stream.fromEffect(Effect.zipRight(refuse(failure), Effect.never)))
    )
    return Stream.suspend(() => handler(observed, input)).pipe(Stream.interruptWhenDeferred(refused))
  })

const respond = <R>(
  options: BidirectionalOptions<R>,
  request: HttpStreamRequest,
  source: ErrorSource
): Effect.Effect<HttpResponseMessage, HttpResponseMessage, Scope.Scope> =>
  Effect.gen(function*() {
    const verify = yield* authenticate(request, options)
    if (!isBidirectional(request)) {
      return yield* Effect.fail(unknownOperation())
    }
    const handler = yield* handlerOf(options, source.endpoint)
    const input = yield* decodeInput(request)
    const ready = yield* Deferred.make<void>()
    const outputs = yield* runHandler(handler, input, request, verify, ready)
    const started = yield* startOutputs(Stream.provideContext(outputs, options.context), ready)
    if (Either.isLeft(started)) {
      return yield* Effect.fail(failureResponse(source)(Cause.squash(started.left)))
    }
    return {
      status: 200,
      headers: {
        "content-type": "application/vnd.amazon.eventstream",
        "x-amzn-invoked-production-variant": input.TargetVariant ?? "AllTraffic"
      },
      body: responseFrames(started.right, source)
    }
  })

/** Handles a request; the handler of the endpoint runs until the scope closes. */
export const invokeEndpointWithBidirectionalStream =
  <R>(options: BidirectionalOptions<R>) =>
  (request: HttpStreamRequest): Effect.Effect<HttpResponseMessage, never, Scope.Scope> =>
    Effect.merge(respond(options, request, sourceOf(parseRoute(request).EndpointName, request)))
