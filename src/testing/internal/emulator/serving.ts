/** What serving every operation has in common. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { HeaderCodec, HeaderMembers, HeaderTable, Validation } from "../../../Operation.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import type { EmulatorOutput, EmulatorRequest, EmulatorResponse } from "../../Emulator.ts"
import { failureResponse, type ReceivedRequest, validationError, type WireResponse, withoutBody } from "./wire.ts"

/** A model's handler as the emulator runs it: with its services, its failures already in the service's form. */
export type Handler = (request: EmulatorRequest) => Effect.Effect<EmulatorResponse, WireResponse>

/** Serves one operation for one deployed model. */
export type Serve = (
  name: string,
  received: ReceivedRequest,
  handler: Handler
) => Effect.Effect<WireResponse, WireResponse>

export const every: Validation = { min: true, max: true, pattern: true }

/** The request's members, or the answer to a request that breaks a constraint. */
export const read = <const T extends HeaderTable>(
  codec: HeaderCodec<T>,
  { headers }: ReceivedRequest
): Either.Either<HeaderMembers<T>, WireResponse> => {
  const members = codec.decode(headers)
  return Either.mapBoth(codec.encode(members, every), {
    onLeft: ({ constraint, field }) =>
      validationError(
        `1 validation error detected: Value at '${field}' failed to satisfy constraint: must be ${constraint}`
      ),
    onRight: () => members
  })
}

const fromServerResponse = (response: HttpServerResponse.HttpServerResponse): Effect.Effect<WireResponse> =>
  Effect.promise(async () => {
    const web = HttpServerResponse.toWeb(response, {
      withoutBody: response.body._tag === "Stream" || withoutBody.has(response.status)
    })
    return {
      status: web.status,
      headers: Object.fromEntries(web.headers),
      body: response.body._tag === "Stream" ? response.body.stream : new Uint8Array(await web.arrayBuffer())
    }
  })

/** Writes an output; a handler's own HTTP response goes out as it is. */
export const write = (
  answer: EmulatorResponse,
  ofOutput: (output: EmulatorOutput) => Effect.Effect<WireResponse, WireResponse>
): Effect.Effect<WireResponse, WireResponse> =>
  HttpServerResponse.isServerResponse(answer) ? fromServerResponse(answer) : ofOutput(outputOf(answer))

const outputOf = (answer: Exclude<EmulatorResponse, HttpServerResponse.HttpServerResponse>): EmulatorOutput =>
  typeof answer === "string" || answer instanceof Uint8Array || isStream(answer) ? { Body: answer } : answer

const isStream = (answer: object): answer is Stream.Stream<string | Uint8Array, unknown> =>
  Stream.StreamTypeId in answer

const encoder = new TextEncoder()

const bytesOf = (part: string | Uint8Array): Uint8Array => typeof part === "string" ? encoder.encode(part) : part

/** An output's body in its parts. */
export const partsOf = ({ Body }: EmulatorOutput): Stream.Stream<Uint8Array, unknown> =>
  isStream(Object(Body))
    ? Stream.map(Body as Stream.Stream<string | Uint8Array, unknown>, bytesOf)
    : Stream.make(bytesOf(Body as string | Uint8Array))

/** An output's body as a whole. */
export const wholeOf = (output: EmulatorOutput): Effect.Effect<Uint8Array, WireResponse> =>
  Stream.runCollect(partsOf(output)).pipe(
    Effect.map((parts) => concat(Array.from(parts))),
    Effect.mapError(failureResponse)
  )
