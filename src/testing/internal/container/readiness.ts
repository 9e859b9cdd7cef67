/** Whether a container is ready: its route `/ping` has responded with status 200. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { timeout } from "../../../internal/time/timeout.ts"
import type { BodyError } from "../../../Operation.ts"
import { ModelNotReadyException } from "../../../SageMakerError.ts"
import { exchange } from "./exchange.ts"

/** The time in which SageMaker expects the response to a ping. */
const pingMillis = 2_000

/** The bytes of a response that are read, so that its connection can be used again. */
const maxPingBytes = 65_536

/** The error of a request to a container that is not ready. Its status is 429. */
export const notReady = (problem: string): ModelNotReadyException =>
  new ModelNotReadyException({ message: `The container is not ready: ${problem}` })

/** Why there is no response. */
export const problemOf = (error: BodyError): string => {
  switch (error._tag) {
    case "TimeoutError":
      return `no response within ${error.duration} ms`
    case "TransportError":
      return error.code === undefined ? error.message : `${error.message} (${error.code})`
    default:
      return error.message
  }
}

/** Sends a ping. Fails with the status or the problem if the container is not ready. */
const ping = (client: HttpClient.HttpClient, url: string): Effect.Effect<void, ModelNotReadyException> =>
  exchange(
    client,
    HttpClientRequest.get(`${url}/ping`),
    pingMillis,
    ({ body, status }) => Effect.as(body.firstBytes(maxPingBytes), status)
  ).pipe(
    timeout(pingMillis, () => notReady(`GET ${url}/ping had no response within ${pingMillis} ms`)),
    Effect.catchAll((error) =>
      Effect.fail(error._tag === "ModelNotReadyException" ? error : notReady(`GET ${url}/ping: ${problemOf(error)}`))
    ),
    Effect.flatMap((status) =>
      status === 200 ? Effect.void : Effect.fail(notReady(`GET ${url}/ping returned status ${status}`))
    )
  )

/** What the emulator knows about a container. */
export interface Readiness {
  /** Fails unless the container is ready. Sends a ping until one has succeeded. */
  readonly check: (client: HttpClient.HttpClient, url: string) => Effect.Effect<void, ModelNotReadyException>
  /** The next request sends a ping again. */
  readonly reset: () => void
}

/** Requests that wait at the same time share one ping. */
export const makeReadiness = (): Readiness => {
  let isReady = false
  let current: Deferred.Deferred<void, ModelNotReadyException> | undefined
  const sharePing = (client: HttpClient.HttpClient, url: string): Effect.Effect<void, ModelNotReadyException> =>
    Effect.suspend(() => {
      const shared = Deferred.unsafeMake<void, ModelNotReadyException>(FiberId.none)
      current = shared
      const sent = Effect.onExit(ping(client, url), (exit) => {
        current = undefined
        isReady = Exit.isSuccess(exit)
        return Deferred.done(shared, exit)
      })
      // The ping of a request that is interrupted continues for the others.
      return Effect.zipRight(Effect.forkDaemon(Effect.exit(sent)), Deferred.await(shared))
    })
  return {
    check: (client, url) =>
      Effect.suspend(() => {
        if (isReady) {
          return Effect.void
        }
        return current === undefined ? sharePing(client, url) : Deferred.await(current)
      }),
    reset: () => {
      isReady = false
    }
  }
}
