/** Adds the browser page to the service, and records the requests that it lists. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { EmulatorEndpoint, EmulatorOptions } from "../../Emulator.ts"
import type { HttpRequestMessage, HttpResponseMessage, HttpStreamRequest } from "../emulator/httpMessage.ts"
import { makePage } from "./page.ts"
import { makeRequestLog, type RequestLog } from "./requestLog.ts"
import { isPageRequest } from "./route.ts"

type Handle = (request: HttpRequestMessage) => Effect.Effect<HttpResponseMessage>

type HandleBidirectional = (request: HttpStreamRequest) => Effect.Effect<HttpResponseMessage, never, Scope.Scope>

/** The handlers of the service. */
export interface Handlers {
  readonly handle: Handle
  readonly handleBidirectional: HandleBidirectional
}

/** The handlers of the service, and one for requests whose signature is not verified. */
export interface ServiceHandlers extends Handlers {
  readonly handleTrusted: Handle
}

const recorded = (log: RequestLog, handle: Handle, isFromPage: boolean): Handle => (request) =>
  Effect.flatMap(log.start(request, isFromPage), ({ received, response }) => {
    received(request.body)
    return response(handle(request))
  })

const recordedStream = (log: RequestLog, handle: HandleBidirectional): HandleBidirectional => (request) =>
  Effect.flatMap(
    log.start(request, false),
    ({ received, response }) =>
      response(handle({ ...request, body: Stream.tap(request.body, (chunk) => Effect.sync(() => received(chunk))) }))
  )

export const withPage = <R>(
  { page = false }: Pick<EmulatorOptions<R>, "page">,
  endpoints: ReadonlyArray<EmulatorEndpoint<R>>,
  { handle, handleBidirectional, handleTrusted }: ServiceHandlers
): Effect.Effect<Handlers> => {
  if (page === false) {
    return Effect.succeed({ handle, handleBidirectional })
  }
  const log = makeRequestLog()
  const hosts = (page === true ? undefined : page.hosts) ?? []
  const handleRecorded = recorded(log, handle, false)
  const handlePage = makePage({
    endpoints,
    log,
    hosts: new Set(hosts.map((host) => host.toLowerCase())),
    invoke: recorded(log, handleTrusted, true)
  })
  return Effect.map(handlePage, (respond) => ({
    handle: (request) => (isPageRequest(request) ? respond(request) : handleRecorded(request)),
    handleBidirectional: recordedStream(log, handleBidirectional)
  }))
}
