/** One request and its answer, as an attempt sees them: whatever sends them also keeps their deadlines. */
import type * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { BodyError } from "../../Operation.ts"

/** How long the answer's headers, and each part of its body, may be waited for, in milliseconds; `Infinity` is for ever. */
export interface Patience {
  readonly firstByte: number
  readonly idle: number
}

/** A deadline has passed; `requestSent` is `false` where nothing has been written. */
export class Late {
  readonly _tag = "Late"
  readonly phase: keyof Patience
  readonly requestSent: boolean
  constructor(phase: keyof Patience, requestSent: boolean) {
    this.phase = phase
    this.requestSent = requestSent
  }
}

/** What can go wrong with an exchange. */
export type Lost = HttpClientError | Late

/** An answer whose body is still to be read, once, in one of three ways. */
export interface Exchange {
  readonly status: number
  readonly headers: Headers.Headers
  /** The whole body, in a buffer of its own. */
  readonly bytes: Effect.Effect<Uint8Array, BodyError>
  /** The body as far as it comes, and not much more than `limit` bytes of it. */
  readonly start: (limit: number) => Effect.Effect<Uint8Array>
  /** The body as it comes; leaving it closes the connection. */
  readonly stream: Stream.Stream<Uint8Array, BodyError>
}

/** Whose exchange it is. */
export interface Owner {
  /** Told how to close what is open: as soon as anything is, and again when nothing is any more. */
  readonly connection: { readonly opened: (close: Effect.Effect<void>) => void }
  /** What a failure is to the owner. */
  readonly lost: (lost: Lost) => BodyError
}

/** Sends a request. What it leaves open, however it ends, is for the owner to close. */
export type Send = (
  request: HttpClientRequest.HttpClientRequest,
  patience: Patience,
  owner: Owner
) => Effect.Effect<Exchange, BodyError>

const known = new WeakMap<HttpClient.HttpClient, Send>()

/** Says how what an HTTP client does can be had without its wrapping. */
export const withSend = (client: HttpClient.HttpClient, send: Send): HttpClient.HttpClient => {
  known.set(client, send)
  return client
}

/** How an HTTP client sends, where that is known: not of one that has been changed. */
export const sendOf = (client: HttpClient.HttpClient): Send | undefined => known.get(client)
