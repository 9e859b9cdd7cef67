/** One HTTP request to a container. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { fromHttpClientError } from "../../../internal/client/transportError.ts"
import { ConnectionLease } from "../../../internal/transport/connectionLease.ts"
import { fromHttpClient } from "../../../internal/transport/fromHttpClient.ts"
import type { Transport, TransportFailure, TransportResponse } from "../../../internal/transport/transport.ts"
import type { BodyError } from "../../../Operation.ts"
import { TimeoutError } from "../../../SageMakerError.ts"

const progress = { attempts: 1, totalRetryDelay: 0 }

const toError = (millis: number) => (failure: TransportFailure): BodyError =>
  failure._tag === "TransportTimeout"
    ? new TimeoutError({ phase: failure.phase, duration: millis, requestSent: failure.requestSent })
    : fromHttpClientError(failure, progress, millis)

const transports = new WeakMap<HttpClient.HttpClient, Transport>()

const transportOf = (client: HttpClient.HttpClient): Transport => {
  const transport = transports.get(client) ?? fromHttpClient(client)
  transports.set(client, transport)
  return transport
}

/** Uses a response. `close` closes its connection. */
export type UseResponse<A, E> = (response: TransportResponse, close: Effect.Effect<void>) => Effect.Effect<A, E>

/**
 * Sends a request and uses its response. Fails if no response headers arrive within `millis` milliseconds.
 *
 * The connection is closed if the effect fails or is interrupted, and is reused once the whole body has been read.
 * Redirects are not followed.
 */
export const exchange = <A, E>(
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  millis: number,
  use: UseResponse<A, E>
): Effect.Effect<A, BodyError | E> =>
  Effect.suspend(() => {
    const connection = new ConnectionLease()
    const close = Effect.suspend(() => connection.close())
    return transportOf(client)(request, { firstByte: millis, idle: Infinity }, {
      connection,
      toError: toError(millis)
    }).pipe(
      Effect.flatMap((response) => use(response, close)),
      Effect.onExit((exit) => (Exit.isFailure(exit) ? close : Effect.void))
    )
  })
