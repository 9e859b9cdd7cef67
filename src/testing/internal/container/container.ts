/** Forwards the requests of an endpoint to the HTTP server of a container, as SageMaker does. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { timeout } from "../../../internal/time/timeout.ts"
import type { TransportResponse } from "../../../internal/transport/transport.ts"
import { requestHeaders } from "../../../InvokeEndpoint.ts"
import type { BodyError } from "../../../Operation.ts"
import type { InvalidInputError, ModelNotReadyException } from "../../../SageMakerError.ts"
import type { EmulatorContainerOptions, EmulatorEndpoint, EmulatorOutput, EmulatorRequest } from "../../Emulator.ts"
import { ContainerFailure } from "../emulator/errorResponse.ts"
import { allConstraints } from "../emulator/operationHandler.ts"
import type { UseResponse } from "./exchange.ts"
import { exchange } from "./exchange.ts"
import { makeReadiness, notReady, problemOf, type Readiness } from "./readiness.ts"
import { outputMembers, streamedOutput, wholeOutput } from "./response.ts"
import { type ContainerSettings, containerSettings } from "./settings.ts"

type InvocationError = ContainerFailure | ModelNotReadyException | InvalidInputError

/** A container that gives no response: `OriginalStatusCode` is 0. */
const noResponse = (body: string): ContainerFailure => new ContainerFailure({ status: 0, body, contentType: undefined })

const timedOut = noResponse(
  "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each " +
    "container in Amazon CloudWatch, resolve the issue, and try again."
)

/** The largest output of an asynchronous request: 1 GiB. */
const maxAsyncResponseBytes = 2 ** 30

/** The bytes of an error response that reach the client. */
const maxErrorBytes = 65_536

const asyncPollInterval = "1 second"

const isStreamed = ({ operation }: EmulatorRequest): boolean =>
  operation === "InvokeEndpointWithResponseStream" || operation === "OpenAiChatCompletion"

/** The request of the container: the headers of InvokeEndpoint without credentials, and the body. */
const toContainerRequest = (
  url: string,
  request: EmulatorRequest
): Effect.Effect<HttpClientRequest.HttpClientRequest, InvalidInputError> =>
  Effect.map(
    requestHeaders.encode(request, allConstraints),
    (headers) =>
      HttpClientRequest.post(`${url}/invocations`).pipe(
        HttpClientRequest.bodyUint8Array(request.Body, headers["content-type"] ?? "application/octet-stream"),
        HttpClientRequest.setHeaders(headers)
      )
  )

const errorOf = ({ body, status }: TransportResponse): Effect.Effect<never, ContainerFailure> =>
  Effect.flatMap(
    body.firstBytes(maxErrorBytes),
    (bytes) =>
      Effect.fail(new ContainerFailure({ status, body: bytes.subarray(0, maxErrorBytes), contentType: undefined }))
  )

/** Reads the response. A status other than 2xx is an error of the container, a redirect too. */
const readResponse = (
  request: EmulatorRequest,
  { maxResponseBytes, streamMillis }: ContainerSettings
): UseResponse<EmulatorOutput, BodyError | ContainerFailure> =>
(response, close) => {
  if (response.status < 200 || response.status > 299) {
    return errorOf(response)
  }
  const limit = request.operation === "InvokeEndpointAsync" ? maxAsyncResponseBytes : maxResponseBytes
  return Effect.flatMap(
    Effect.mapError(outputMembers(response, request), noResponse),
    (members) =>
      isStreamed(request)
        ? streamedOutput(members, response, streamMillis, close)
        : Effect.catchTag(wholeOutput(members, response, limit), "ResponseTooLarge", () =>
          Effect.fail(noResponse(`The response of the container is larger than ${limit} bytes`)))
  )
}

/** A container that cannot be reached is not ready. The emulator looks for it with `/ping` again. */
const toFailure =
  (readiness: Readiness, url: string) => (error: BodyError): ContainerFailure | ModelNotReadyException => {
    if ("requestSent" in error && !error.requestSent) {
      readiness.reset()
      return notReady(`POST ${url}/invocations: ${problemOf(error)}`)
    }
    return error._tag === "TimeoutError"
      ? timedOut
      : noResponse(`The response of the container failed: ${problemOf(error)}`)
  }

const isBodyError = (error: BodyError | ContainerFailure): error is BodyError => !(error instanceof ContainerFailure)

const invoke = (
  client: HttpClient.HttpClient,
  request: EmulatorRequest,
  settings: ContainerSettings,
  readiness: Readiness
): Effect.Effect<EmulatorOutput, InvocationError> => {
  // The queue of an asynchronous endpoint interrupts an invocation after InvocationTimeoutSeconds.
  const millis = request.operation === "InvokeEndpointAsync" ? Infinity : settings.invocationMillis
  return Effect.flatMap(
    toContainerRequest(settings.url, request),
    (message) =>
      exchange(client, message, millis, readResponse(request, settings)).pipe(
        timeout(millis, () => timedOut),
        Effect.mapError((error) => (isBodyError(error) ? toFailure(readiness, settings.url)(error) : error))
      )
  )
}

/** An asynchronous request stays in progress until the container is ready. */
const untilReady = <A>(request: EmulatorRequest, effect: Effect.Effect<A, InvocationError>) =>
  request.operation === "InvokeEndpointAsync"
    ? Effect.retry(effect, {
      while: (error) => error._tag === "ModelNotReadyException",
      schedule: Schedule.spaced(asyncPollInterval)
    })
    : effect

export const containerHandler = (
  url: string,
  options: EmulatorContainerOptions
): EmulatorEndpoint<HttpClient.HttpClient>["handler"] => {
  const readiness = makeReadiness()
  return (request) =>
    Effect.gen(function*() {
      const settings = yield* containerSettings(url, options)
      const client = yield* HttpClient.HttpClient
      return yield* untilReady(
        request,
        Effect.zipRight(readiness.check(client, settings.url), invoke(client, request, settings, readiness))
      )
    })
}
