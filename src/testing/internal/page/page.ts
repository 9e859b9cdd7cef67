/** The browser page of the emulator: its document, and the requests that the document sends. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EmulatorEndpoint } from "../../Emulator.ts"
import { textResponse } from "../emulator/errorResponse.ts"
import { type HttpRequestMessage, type HttpResponseMessage, queryOf } from "../emulator/httpMessage.ts"
import { document } from "./document.ts"
import { makePayloads, toJson } from "./payload.ts"
import type { LogEntry, RecordedPayload, RequestLog } from "./requestLog.ts"
import { actionOf, rejectionOf } from "./route.ts"
import { toInvocation } from "./send.ts"

/** What the page needs of the service. */
export interface PageOptions {
  readonly endpoints: ReadonlyArray<Pick<EmulatorEndpoint<unknown>, "name" | "bidirectional" | "options" | "url">>
  readonly log: RequestLog
  /** Further host names of the page, in lowercase. */
  readonly hosts: ReadonlySet<string>
  /** Handles a request that the page sends to an endpoint. It needs no signature. */
  readonly invoke: (request: HttpRequestMessage) => Effect.Effect<HttpResponseMessage>
}

const encoder = new TextEncoder()

/** A browser must not store, frame or interpret a response of the page in any other way. */
const secureHeaders = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

const policyOf = (nonce: string): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; ` +
  "form-action 'none'; frame-ancestors 'none'"

const json = (value: unknown): HttpResponseMessage => ({
  status: 200,
  headers: { ...secureHeaders, "content-type": "application/json" },
  body: encoder.encode(JSON.stringify(value))
})

const problem = (status: number, message: string): HttpResponseMessage => {
  const response = textResponse(status, message)
  return { ...response, headers: { ...secureHeaders, ...response.headers } }
}

/** A random word of 128 bits that another page cannot guess. */
const randomWord: Effect.Effect<string> = Effect.sync(() =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
)

const html = (token: string): Effect.Effect<HttpResponseMessage> =>
  Effect.map(randomWord, (nonce) => ({
    status: 200,
    headers: {
      ...secureHeaders,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policyOf(nonce)
    },
    body: encoder.encode(document(nonce, token))
  }))

const toState = ({ endpoints, log }: PageOptions) => ({
  endpoints: endpoints.map(({ bidirectional, name, options, url }) => ({
    name,
    url,
    isAsync: (options?.AsyncInferenceConfig ?? undefined) !== undefined,
    isBidirectional: bidirectional !== undefined
  })),
  isRecording: log.isRecording(),
  requests: log.entries().map((entry) =>
    Object.assign({}, entry, {
      request: undefined,
      response: undefined,
      hasPayloads: entry.request !== undefined || entry.response !== undefined
    })
  )
})

const payloadOf = (payload: RecordedPayload | undefined) => {
  if (payload === undefined) {
    return undefined
  }
  const { bytes, contentType, size } = payload
  const shown = makePayloads(contentType)(bytes)
  return { contentType, size, isCut: size > bytes.byteLength, parts: shown.map(toJson) }
}

const payloadsOf = ({ request, response }: LogEntry) => ({
  request: payloadOf(request?.payload()),
  response: payloadOf(response?.payload())
})

const line = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`)

/** The response of an endpoint as JSON Lines: status and headers, the parts as they arrive, and how it ended. */
const toLines = ({ body, headers, status }: HttpResponseMessage): HttpResponseMessage => {
  const payloads = makePayloads(headers["content-type"])
  const parts = (chunk: Uint8Array) => payloads(chunk).map((part) => line(toJson(part)))
  const chunks = body instanceof Uint8Array ? Stream.make(body) : body
  const lines = Stream.mapConcat(chunks, parts).pipe(
    Stream.concat(Stream.make(line({ end: "complete" }))),
    Stream.catchAll(() => Stream.make(line({ end: "broken" })))
  )
  return {
    status: 200,
    headers: { ...secureHeaders, "content-type": "application/x-ndjson" },
    body: Stream.concat(Stream.make(line({ status, headers })), lines)
  }
}

const send = ({ invoke }: PageOptions, request: HttpRequestMessage): Effect.Effect<HttpResponseMessage> =>
  toInvocation(request).pipe(
    Effect.flatMap(invoke),
    Effect.match({ onFailure: (message) => problem(400, message), onSuccess: toLines })
  )

const payloads = ({ log }: PageOptions, request: HttpRequestMessage): HttpResponseMessage => {
  const id = Number(queryOf(request).get("id") ?? "")
  const entry = log.entries().find((each) => each.id === id)
  return entry === undefined ? problem(404, "The request is not in the list any more.") : json(payloadsOf(entry))
}

const setRecording = ({ log }: PageOptions, request: HttpRequestMessage): HttpResponseMessage => {
  log.setRecording(queryOf(request).get("on") === "true")
  return json({ isRecording: log.isRecording() })
}

/** Makes the handler of the requests for the page. */
export const makePage = (
  options: PageOptions
): Effect.Effect<(request: HttpRequestMessage) => Effect.Effect<HttpResponseMessage>> =>
  Effect.map(randomWord, (token) => (request) => {
    const rejection = rejectionOf(request, options.hosts, token)
    if (rejection !== undefined) {
      return Effect.succeed(problem(403, rejection))
    }
    switch (`${request.method} ${actionOf(request)}`) {
      case "GET ":
      case "HEAD ":
        return html(token)
      case "GET state":
        return Effect.sync(() => json(toState(options)))
      case "GET payloads":
        return Effect.sync(() => payloads(options, request))
      case "POST recording":
        return Effect.sync(() => setRecording(options, request))
      case "POST send":
        return send(options, request)
      default:
        return Effect.succeed(problem(404, "The page has no such route."))
    }
  })
