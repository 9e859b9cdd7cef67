/** Opens the HTTP/2 client: options, certificates and proxies. */
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { CurrentMonitor } from "../../../internal/telemetry/monitor.ts"
import { attachTransport, transportOf } from "../../../internal/transport/transport.ts"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeDuplexTransportOptions } from "../../NodeDuplexTransport.ts"
import type { ConfigValue } from "../config/sources.ts"
import { connectionSettings, durationMillis } from "../http/connectionPools.ts"
import { tlsOf } from "../http/tls.ts"
import { proxiesOf, proxyOf } from "../proxy/proxies.ts"
import { makeDuplexClient } from "./duplexClient.ts"
import { codedError } from "./http2Error.ts"
import { openSession } from "./session.ts"
import { type OpenSession, Sessions } from "./sessions.ts"
import { openSocket } from "./socket.ts"

const defaultPingInterval = Duration.seconds(15)

/** Limits the time to open a connection. */
const withTimeout = (open: OpenSession, millis: number): OpenSession => async (origin, signal) => {
  const timeout = new AbortController()
  const timer = setTimeout(
    () => timeout.abort(codedError(`Connect timeout (timeout: ${millis}ms)`, "UND_ERR_CONNECT_TIMEOUT")),
    millis
  )
  try {
    return await open(origin, AbortSignal.any([signal, timeout.signal]))
  } finally {
    clearTimeout(timer)
  }
}

/** Opens an HTTP/2 client. Its connections close with the scope. */
export const openDuplexClient = (
  options: NodeDuplexTransportOptions,
  caBundle?: ConfigValue<string>
): Effect.Effect<HttpClient.HttpClient, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const { connections: limit, keepAliveTimeout, timeout } = yield* connectionSettings(options)
    const pingInterval = yield* durationMillis("http.pingInterval", options.pingInterval, defaultPingInterval)
    const tls = yield* tlsOf(options, caBundle)
    const proxies = yield* proxiesOf(options)
    const monitor = yield* CurrentMonitor
    const proxyUrlOf = proxies === undefined ? () => undefined : proxyOf(proxies)
    const open: OpenSession = async (origin, signal) => {
      const socket = await openSocket(origin, proxyUrlOf(origin), { signal, tls })
      return openSession(origin, socket, { keepAliveTimeout, pingInterval }, signal)
    }
    const sessions = new Sessions({ open: withTimeout(open, timeout), limit, monitor })
    yield* Effect.addFinalizer(() => Effect.sync(() => sessions.destroy()))
    return makeDuplexClient(sessions)
  })

/**
 * Opens once, in the scope. An interrupted caller does not interrupt the opening, which others can wait for. After a
 * failure, the next caller opens again.
 */
const openedOnce = <A, E>(
  open: Effect.Effect<A, E, Scope.Scope>
): Effect.Effect<Effect.Effect<A, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const runFork = Runtime.runFork(yield* Effect.runtime())
    let opening: Fiber.RuntimeFiber<A, E> | undefined
    const reopen = Effect.sync(() => {
      opening = undefined
    })
    return Effect.suspend(() => {
      opening ??= runFork(Effect.onError(Scope.extend(open, scope), () => reopen), { scope })
      return Fiber.join(opening)
    })
  })

/** The options are valid for HTTP/1.1 already, so that this is the failure of a CA bundle that cannot be read. */
const openingFailed = (request: HttpClientRequest.HttpClientRequest, cause: ConfigurationError): RequestError =>
  new RequestError({ request, reason: "Encode", description: cause.message, cause })

/** An HTTP/2 client that is opened for its first request. Its connections close with the scope. */
export const lazyDuplexClient = (
  options: NodeDuplexTransportOptions,
  caBundle?: ConfigValue<string>
): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> =>
  Effect.map(openedOnce(openDuplexClient(options, caBundle)), (opened) => {
    const client = HttpClient.make((request) =>
      Effect.flatMap(
        Effect.mapError(opened, (cause) => openingFailed(request, cause)),
        ({ execute }) => execute(request)
      )
    )
    return attachTransport(client, (request, timeouts, owner) =>
      Effect.flatMap(
        Effect.mapError(opened, (cause) => owner.toError(openingFailed(request, cause))),
        (ready) => transportOf(ready)?.(request, timeouts, owner) ?? Effect.never
      ))
  })
