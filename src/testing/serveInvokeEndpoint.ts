/** InvokeEndpoint from the service's side. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { requestHeaders, responseHeaders } from "../InvokeEndpoint.ts"
import type { Validation } from "../Operation.ts"
import type { Answer, Request } from "./Emulator.ts"
import { type Answered, invalid, type Received } from "./wire.ts"

const every: Validation = { min: true, max: true, pattern: true }
const encoder = new TextEncoder()

/** The request's members, or the answer to a request that breaks a constraint. */
export const read = (EndpointName: string, { body, headers }: Received): Either.Either<Request, Answered> => {
  const members = requestHeaders.decode(headers)
  return Either.mapBoth(requestHeaders.encode(members, every), {
    onLeft: ({ constraint, field }) =>
      invalid(`1 validation error detected: Value at '${field}' failed to satisfy constraint: must be ${constraint}`),
    onRight: () => ({ ...members, EndpointName, Body: body })
  })
}

const fromServerResponse = (response: HttpServerResponse.HttpServerResponse): Effect.Effect<Answered> =>
  Effect.promise(async () => {
    const web = HttpServerResponse.toWeb(response)
    return {
      status: web.status,
      headers: Object.fromEntries(web.headers),
      body: new Uint8Array(await web.arrayBuffer())
    }
  })

/** A handler's answer as a response. */
export const write = (answer: Answer): Effect.Effect<Answered> => {
  if (HttpServerResponse.isServerResponse(answer)) {
    return fromServerResponse(answer)
  }
  const { Body, ...members } = typeof answer === "string" || answer instanceof Uint8Array ? { Body: answer } : answer
  const defaults = { ContentType: "application/octet-stream", InvokedProductionVariant: "AllTraffic" }
  return Effect.map(
    Effect.orDie(responseHeaders.encode({ ...defaults, ...members }, every)),
    (headers) => ({ status: 200, headers, body: typeof Body === "string" ? encoder.encode(Body) : Body })
  )
}
