/** The emulated service: authenticates requests and routes them to the handlers of the operations. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type { CredentialsInput } from "../../../Credentials.ts"
import { defaultMaxBodyBytes } from "../../../internal/client/settings.ts"
import { makeMemoryStore } from "../../../internal/objectStore/memoryStore.ts"
import type { EmulatorEndpoint, EmulatorOptions, EmulatorRequest } from "../../Emulator.ts"
import { makeAsyncInference } from "../asyncInference/asyncInference.ts"
import { invokeEndpointAsync } from "../asyncInference/invokeEndpointAsync.ts"
import {
  bidirectionalOperation,
  invokeEndpointWithBidirectionalStream
} from "../bidirectional/invokeEndpointWithBidirectionalStream.ts"
import { verifyToken } from "../openAiRoute/bearerToken.ts"
import { chatCompletions } from "../openAiRoute/chatCompletions.ts"
import { toEnvelope } from "../openAiRoute/errorEnvelope.ts"
import { chatCompletionsOperation, parseRoute } from "../openAiRoute/route.ts"
import { withPage } from "../page/withPage.ts"
import { makeS3Service } from "../s3/service.ts"
import { joinEndpoints } from "./endpoints.ts"
import {
  errorResponse,
  failureResponse,
  signatureErrorResponse,
  textResponse,
  unknownEndpoint,
  unknownOperation,
  validationError
} from "./errorResponse.ts"
import type { HttpRequestMessage, HttpResponseMessage, HttpStreamRequest } from "./httpMessage.ts"
import { invokeEndpoint } from "./invokeEndpoint.ts"
import { invokeEndpointWithResponseStream } from "./invokeEndpointWithResponseStream.ts"
import { type OperationHandler, sourceOf } from "./operationHandler.ts"
import { type PlainCredentials, verifySignature } from "./verifySignature.ts"

const unredacted = (secret: string | Redacted.Redacted): string =>
  Redacted.isRedacted(secret) ? Redacted.value(secret) : secret

const toPlainCredentials = (input: CredentialsInput): PlainCredentials => ({
  accessKeyId: unredacted(input.accessKeyId),
  secretAccessKey: unredacted(input.secretAccessKey),
  sessionToken: input.sessionToken === undefined ? undefined : unredacted(input.sessionToken)
})

const internalFailure = errorResponse(500, "InternalFailure", {
  Message: "The request processing has failed because of an unknown error, exception or failure."
})

/** The connection is closed, because the rest of the body is not read. */
const bodyTooLarge = (limit: number): HttpResponseMessage => {
  const response = textResponse(413, `HTTP content length exceeded ${limit} bytes.`)
  return { ...response, headers: { ...response.headers, connection: "close" } }
}

/** Adds the headers of every response of the service: `date` and `x-amzn-requestid`. */
const withServiceHeaders = (response: HttpResponseMessage): Effect.Effect<HttpResponseMessage> =>
  Effect.zipWith(Clock.currentTimeMillis, Random.nextIntBetween(0, 2 ** 31), (now, id) => ({
    ...response,
    headers: {
      date: new Date(now).toUTCString(),
      "x-amzn-requestid": `emulated-${id.toString(16).padStart(8, "0")}`,
      ...response.headers
    }
  }))

const isOpenAiRoute = (request: HttpRequestMessage): boolean =>
  parseRoute(request).operation === chatCompletionsOperation

const authenticate = (
  request: HttpRequestMessage,
  credentials: PlainCredentials,
  region: string | undefined
): Effect.Effect<void, HttpResponseMessage> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.flatMap(
      Effect.tryPromise({
        try: () => (isOpenAiRoute(request) ? verifyToken : verifySignature)(request, credentials, region, now),
        catch: () => internalFailure
      }),
      (error) => (error === undefined ? Effect.void : Effect.fail(signatureErrorResponse(error)))
    ))

/** Runs a handler in a separate fiber, so that its defect or interruption fails only its own request. */
const inSeparateFiber = (
  request: HttpRequestMessage,
  response: Effect.Effect<HttpResponseMessage, HttpResponseMessage>
): Effect.Effect<HttpResponseMessage> => {
  const inFormat = isOpenAiRoute(request) ? toEnvelope : identity
  return Effect.fork(Effect.merge(Effect.mapError(response, inFormat))).pipe(
    Effect.flatMap((fiber) => Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber))),
    Effect.map(
      Exit.getOrElse((cause) =>
        inFormat(failureResponse(sourceOf(parseRoute(request).EndpointName, request))(Cause.squash(cause)))
      )
    )
  )
}

const asyncOperation = "async-invocations"

/** An endpoint with an asynchronous configuration accepts asynchronous requests only. */
const asyncOnly = validationError(
  "The endpoint has an AsyncInferenceConfig. Use InvokeEndpointAsync to invoke an asynchronous endpoint."
)

const isAsyncOnly = ({ options }: Pick<EmulatorEndpoint, "options">): boolean =>
  options?.AsyncInferenceConfig !== undefined && options.AsyncInferenceConfig !== null

/** Routes a request to the handler of its operation and endpoint. */
const makeRouter = <R>(
  byName: ReadonlyMap<string, EmulatorEndpoint<R>>,
  operations: ReadonlyMap<string, OperationHandler>,
  context: Context.Context<R>
) =>
(request: HttpRequestMessage): Effect.Effect<HttpResponseMessage, HttpResponseMessage> => {
  const { EndpointName, operation } = parseRoute(request)
  const handleOperation = operations.get(operation)
  if (handleOperation === undefined) {
    return Effect.fail(
      unknownOperation(
        operation === bidirectionalOperation ? "InvokeEndpointWithBidirectionalStream requires HTTP/2" : undefined
      )
    )
  }
  const endpoint = byName.get(EndpointName)
  if (endpoint === undefined) {
    return Effect.fail(unknownEndpoint(EndpointName))
  }
  if (operation !== asyncOperation && isAsyncOnly(endpoint)) {
    return Effect.fail(asyncOnly)
  }
  const toResponse = failureResponse(sourceOf(EndpointName, request))
  return handleOperation(
    EndpointName,
    request,
    (input: EmulatorRequest) =>
      Effect.suspend(() => endpoint.handler(input)).pipe(Effect.provide(context), Effect.mapError(toResponse))
  )
}

/** Makes the service; asynchronous inference requests run until the scope closes. */
export const makeService = <R>(options: EmulatorOptions<R>, credentials: CredentialsInput | "anonymous") =>
  Effect.gen(function*() {
    const expectedCredentials = credentials === "anonymous" ? undefined : toPlainCredentials(credentials)
    const s3 = yield* makeS3Service({
      store: options.objectStore ?? makeMemoryStore(),
      credentials: expectedCredentials,
      region: options.region
    })
    const endpoints = joinEndpoints(options.endpoints)
    const asyncInference = yield* makeAsyncInference([...endpoints.values()], s3.store)
    const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
    const tooLarge = withServiceHeaders(bodyTooLarge(maxBodyBytes))
    const operations = new Map<string, OperationHandler>([
      ["invocations", invokeEndpoint],
      ["invocations-response-stream", invokeEndpointWithResponseStream],
      [asyncOperation, invokeEndpointAsync(asyncInference)],
      [chatCompletionsOperation, chatCompletions]
    ])
    const context = yield* Effect.context<R>()
    const route = makeRouter(endpoints, operations, context)
    const handleBidirectional = invokeEndpointWithBidirectionalStream({
      endpoints,
      context,
      credentials: expectedCredentials,
      region: options.region
    })

    const respond = (request: HttpRequestMessage): Effect.Effect<HttpResponseMessage, HttpResponseMessage> => {
      if (request.body.byteLength > maxBodyBytes) {
        return Effect.fail(bodyTooLarge(maxBodyBytes))
      }
      return expectedCredentials === undefined
        ? route(request)
        : Effect.zipRight(authenticate(request, expectedCredentials, options.region), route(request))
    }

    const observed = yield* withPage(options, [...endpoints.values()], {
      handle: (request) => inSeparateFiber(request, respond(request)),
      handleTrusted: (request) => inSeparateFiber(request, route(request)),
      handleBidirectional
    })

    return {
      handle: (request: HttpRequestMessage) => Effect.flatMap(observed.handle(request), withServiceHeaders),
      handleBidirectional: (request: HttpStreamRequest) =>
        Effect.flatMap(observed.handleBidirectional(request), withServiceHeaders),
      maxBodyBytes,
      tooLarge,
      handleS3: s3.handle,
      objectStore: asyncInference.store,
      objects: asyncInference.objects,
      outcome: asyncInference.outcome,
      notifications: asyncInference.notifications
    }
  })
