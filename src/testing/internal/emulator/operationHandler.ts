/** Functions shared by the handlers of the operations: decoding requests and encoding outputs. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { HeaderCodec, HeaderMembers, HeaderTable, Validation } from "../../../Operation.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import type { EmulatorOutput, EmulatorRequest, EmulatorResponse } from "../../Emulator.ts"
import { type ErrorSource, failureResponse, validationError } from "./errorResponse.ts"
import {
  headerOf,
  type HttpRequestHead,
  type HttpRequestMessage,
  type HttpResponseMessage,
  queryOf,
  statusesWithoutBody
} from "./httpMessage.ts"

/** The user's handler of an endpoint, with its services provided and its failures encoded as responses. */
export type ModelHandler = (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, HttpResponseMessage>

/** Handles a request of one operation for one endpoint. */
export type OperationHandler = (
  EndpointName: string,
  request: HttpRequestMessage,
  model: ModelHandler
) => Effect.Effect<HttpResponseMessage, HttpResponseMessage>

const defaultRegion = "us-east-1"

/** The endpoint of a request, and the region that the request is signed for. */
export const sourceOf = (endpoint: string, request: HttpRequestHead): ErrorSource => {
  const credential = headerOf(request, "authorization") ?? queryOf(request).get("X-Amz-Credential") ?? ""
  return { endpoint, region: /\/\d{8}\/([a-z0-9-]+)\//.exec(credential)?.[1] ?? defaultRegion }
}

export const allConstraints: Validation = { min: true, max: true, pattern: true }

/** Decodes the request's members; the failure is the `ValidationError` response of a violated constraint. */
export const decodeMembers = <const T extends HeaderTable>(
  codec: HeaderCodec<T>,
  { headers }: HttpRequestMessage
): Either.Either<HeaderMembers<T>, HttpResponseMessage> => {
  const members = codec.decode(headers)
  return Either.mapBoth(codec.encode(members, allConstraints), {
    onLeft: ({ constraint, field }) =>
      validationError(
        `1 validation error detected: Value at '${field}' failed to satisfy constraint: must be ${constraint}`
      ),
    onRight: () => members
  })
}

const fromServerResponse = (
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<HttpResponseMessage> =>
  Effect.promise(async () => {
    const web = HttpServerResponse.toWeb(response, {
      withoutBody: response.body._tag === "Stream" || statusesWithoutBody.has(response.status)
    })
    return {
      status: web.status,
      headers: Object.fromEntries(web.headers),
      body: response.body._tag === "Stream" ? response.body.stream : new Uint8Array(await web.arrayBuffer())
    }
  })

/** Encodes the result of a handler; an HTTP response is sent unchanged. */
export const encodeResponse = (
  response: EmulatorResponse,
  encodeOutput: (output: EmulatorOutput) => Effect.Effect<HttpResponseMessage, HttpResponseMessage>
): Effect.Effect<HttpResponseMessage, HttpResponseMessage> =>
  HttpServerResponse.isServerResponse(response) ? fromServerResponse(response) : encodeOutput(toOutput(response))

const toOutput = (response: Exclude<EmulatorResponse, HttpServerResponse.HttpServerResponse>): EmulatorOutput =>
  typeof response === "string" || response instanceof Uint8Array || isStream(response) ? { Body: response } : response

export const isStream = (body: object): body is Stream.Stream<string | Uint8Array, unknown> =>
  Stream.StreamTypeId in body

const encoder = new TextEncoder()

const toBytes = (part: string | Uint8Array): Uint8Array => typeof part === "string" ? encoder.encode(part) : part

/** The parts of an output's body. */
export const bodyParts = ({ Body }: EmulatorOutput): Stream.Stream<Uint8Array, unknown> =>
  isStream(Object(Body))
    ? Stream.map(Body as Stream.Stream<string | Uint8Array, unknown>, toBytes)
    : Stream.make(toBytes(Body as string | Uint8Array))

/** The whole body of an output. */
export const bodyBytes = (
  output: EmulatorOutput,
  source: ErrorSource
): Effect.Effect<Uint8Array, HttpResponseMessage> =>
  Stream.runCollect(bodyParts(output)).pipe(
    Effect.map((parts) => concat(Array.from(parts))),
    Effect.mapError(failureResponse(source))
  )
