/** Transports: send one HTTP request, enforce its timeouts, and abort it. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Effect from "effect/Effect"
import type { BodyError } from "../../Operation.ts"
import { globalState } from "../global/globalState.ts"
import type { BodyReader } from "./bodyReader.ts"

/** Timeouts in milliseconds; `Infinity` waits forever. */
export interface TransportTimeouts {
  /** From sending the request to the response headers. */
  readonly firstByte: number
  /** Each wait for the next chunk of the body. */
  readonly idle: number
}

/** An expired timeout of the transport. */
export interface TransportTimeout {
  readonly _tag: "TransportTimeout"
  readonly phase: keyof TransportTimeouts
  /** `false` only if no byte of the request was written. */
  readonly requestSent: boolean
}

export const transportTimeout = (phase: keyof TransportTimeouts, requestSent: boolean): TransportTimeout => ({
  _tag: "TransportTimeout",
  phase,
  requestSent
})

/** Why a request failed: before its response headers, or while its body was read. */
export type TransportFailure = HttpClientError | TransportTimeout

/** Response headers, and the body that is still to be read. */
export interface TransportResponse {
  readonly status: number
  readonly headers: Headers.Headers
  readonly body: BodyReader<BodyError>
}

/** The body of a response, whatever reads it. */
export type ResponseBody = Pick<BodyReader<BodyError>, "bytes" | "firstBytes" | "stream">

/** The attempt that sends a request: it owns the connection and maps failures to errors. */
export interface TransportOwner {
  readonly connection: {
    /** Registers how to close the connection. */
    readonly opened: (close: Effect.Effect<void>) => void
    /** Reports that the connection needs no closing. */
    readonly closed: () => void
  }
  readonly toError: (failure: TransportFailure) => BodyError
}

/** Sends a request. The owner closes the connection, whether the effect succeeds, fails or is interrupted. */
export type Transport = (
  request: HttpClientRequest.HttpClientRequest,
  timeouts: TransportTimeouts,
  owner: TransportOwner
) => Effect.Effect<TransportResponse, BodyError>

const transports = globalState("transports", () => new WeakMap<HttpClient.HttpClient, Transport>())

/** Registers a transport for an HTTP client that is faster than its `HttpClient` interface. */
export const attachTransport = (client: HttpClient.HttpClient, transport: Transport): HttpClient.HttpClient => {
  transports.set(client, transport)
  return client
}

/** The transport of exactly this client. A client derived from it by `HttpClient` combinators has no transport. */
export const transportOf = (client: HttpClient.HttpClient): Transport | undefined => transports.get(client)
