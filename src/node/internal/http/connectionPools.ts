/** Connection pools: one per origin, directly or through a proxy. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Undici from "undici"
import type { Dispatcher } from "undici"
import { positiveDurationMillis } from "../../../internal/config/duration.ts"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"
import type { ConfigValue } from "../config/sources.ts"
import { adaptConnections } from "./connector.ts"
import { type Proxies, proxiesOf } from "./proxies.ts"
import { type Tls, tlsOf } from "./tls.ts"

const defaults = { connectTimeout: Duration.seconds(5), keepAliveTimeout: Duration.seconds(15), connections: 1024 }

const invalid = (setting: string, problem: string) => new ConfigurationError({ setting, problem })

const durationMillis = (
  setting: string,
  duration: Duration.DurationInput | undefined,
  defaultDuration: Duration.Duration
): Effect.Effect<number, ConfigurationError> =>
  Effect.map(
    positiveDurationMillis(setting, duration ?? defaultDuration, "a duration from 1 ms to 24 days", 2 ** 31 - 1),
    Math.ceil
  )

const connectionLimit = (connections: number | undefined): Effect.Effect<number, ConfigurationError> => {
  const value = connections ?? defaults.connections
  return Number.isInteger(value) && value > 0
    ? Effect.succeed(value)
    : Effect.fail(invalid("http.connections", "must be an integer of at least 1"))
}

/**
 * Makes connection pools and destroys all of them at the end.
 *
 * undici's agent removes a pool that lost its last connection, even if requests are queued in it. Closing the agent
 * would then not end these requests. undici's pool removes a client whose connection failed, even if requests are
 * queued in it. Removing the pool's listener prevents that.
 */
const makePools = ({ Pool, buildConnector }: Pick<typeof Undici, "Pool" | "buildConnector">) => {
  const pools = new Set<Undici.Pool>()
  return {
    factory: (origin: string | URL, options: Undici.Pool.Options): Dispatcher => {
      for (const pool of [...pools].filter(({ destroyed }) => destroyed)) {
        pools.delete(pool)
      }
      const { connect } = options
      const connector = typeof connect === "function" ? connect : buildConnector(connect)
      const pool = new Pool(origin, { ...options, connect: adaptConnections(connector) })
      pool.removeAllListeners("connectionError")
      pools.add(pool)
      return pool
    },
    destroyAll: () => Promise.all([...pools].map((pool) => pool.destroy()))
  }
}

const checkTunnel = ({ socket, statusCode }: Dispatcher.ConnectData): Dispatcher.ConnectData => {
  if (statusCode === 200) {
    return { socket, statusCode } as Dispatcher.ConnectData
  }
  socket.on("error", () => {}).destroy()
  throw Object.assign(new Error("The proxy rejected the tunnel"), { code: `PROXY_${statusCode}` })
}

/**
 * Makes the pool of connections to a proxy.
 *
 * undici waits up to 300 seconds for a tunnel. This pool waits for the connect timeout.
 *
 * undici retries without limit if a proxy closes the connection, because the error has the code of a lost idle
 * connection. The error of this pool does not have that code.
 */
const proxyPool = (Pool: typeof Undici.Pool, timeout: number) => (proxy: URL, options: object): Dispatcher => {
  const pool = new Pool(proxy, { ...options, headersTimeout: timeout })
  const connect: (to: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = pool.connect.bind(pool)
  return Object.assign(pool, {
    connect: (to: Dispatcher.ConnectOptions) =>
      connect(to).then(checkTunnel).catch((cause: unknown) => {
        throw new Error("The proxy did not open a tunnel", { cause })
      })
  })
}

type RequestDispatcher = Pick<Dispatcher, "dispatch">

/** A dispatcher, and the limit of requests per origin unless the dispatcher is custom. */
export interface ConnectionPools {
  readonly dispatcher: RequestDispatcher
  readonly perOrigin?: number
}

const customDispatcher = (
  dispatcher: RequestDispatcher,
  otherOptions: object
): Effect.Effect<ConnectionPools, ConfigurationError> => {
  const other = Object.entries(otherOptions).find(([, value]) => value !== undefined)
  if (other !== undefined) {
    return Effect.fail(
      invalid(`http.${other[0]}`, "cannot be combined with http.dispatcher, which has its own options")
    )
  }
  return typeof dispatcher?.dispatch === "function"
    ? Effect.succeed({ dispatcher })
    : Effect.fail(invalid("http.dispatcher", "must be an undici dispatcher"))
}

/** Opens connection pools, which close with the scope. */
export const open = (
  options: NodeHttpClientOptions,
  caBundle?: ConfigValue<string>
): Effect.Effect<ConnectionPools, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const { dispatcher, ...otherOptions } = options
    if (dispatcher !== undefined) {
      return yield* customDispatcher(dispatcher, otherOptions)
    }
    const { connectTimeout, keepAliveTimeout: keepAlive } = options
    const timeout = yield* durationMillis("http.connectTimeout", connectTimeout, defaults.connectTimeout)
    const keepAliveTimeout = yield* durationMillis("http.keepAliveTimeout", keepAlive, defaults.keepAliveTimeout)
    const connections = yield* connectionLimit(options.connections)
    const tls = yield* tlsOf(options, caBundle)
    const proxies = yield* proxiesOf(options)
    const undici = yield* Effect.promise(() => import("undici"))
    const pools = makePools(undici)
    const poolOptions = {
      connections,
      keepAliveTimeout,
      keepAliveMaxTimeout: keepAliveTimeout,
      connect: { timeout, ...tls.service },
      factory: pools.factory
    }
    const direct = new undici.Agent(poolOptions)
    const proxied = proxies && proxyAgent(undici, poolOptions, proxies, tls)
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => Promise.all([direct.destroy(), proxied?.destroy(), pools.destroyAll()]))
    )
    return {
      dispatcher: proxies === undefined || proxied === undefined ? direct : route(proxies, direct, proxied),
      perOrigin: connections
    }
  })

const proxyAgent = (
  { EnvHttpProxyAgent, Pool }: typeof Undici,
  poolOptions: { readonly connect: { readonly timeout: number } },
  { except, http, https }: Proxies,
  tls: Tls
): Dispatcher => {
  const { timeout } = poolOptions.connect
  return new EnvHttpProxyAgent({
    ...poolOptions,
    httpProxy: http,
    httpsProxy: https,
    noProxy: except,
    clientFactory: proxyPool(Pool, timeout),
    proxyTls: { timeout, ...tls.proxy },
    requestTls: { timeout, ...tls.service }
  })
}

/** Sends https requests directly if only http has a proxy. undici would use the http proxy. */
const route = ({ https }: Proxies, direct: Dispatcher, proxied: Dispatcher): RequestDispatcher => ({
  dispatch: (request, handler) =>
    (https === "" && String(request.origin).startsWith("https:") ? direct : proxied).dispatch(request, handler)
})
