/** The connections of Node's HTTP client: pools per origin, directly or through a proxy. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Undici from "undici"
import type { Dispatcher } from "undici"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"
import type { ConfigValue } from "../config/sources.ts"
import { proxiesOf } from "./proxies.ts"
import { tlsOf } from "./tls.ts"

const defaults = { connectTimeout: Duration.seconds(5), keepAliveTimeout: Duration.seconds(15), connections: 1024 }

const wrong = (setting: string, problem: string) => new ConfigurationError({ setting, problem })

const millis = (
  setting: string,
  duration: Duration.DurationInput | undefined,
  otherwise: Duration.Duration
): Effect.Effect<number, ConfigurationError> =>
  Effect.try({
    try: () => Math.ceil(Duration.toMillis(Duration.decode(duration ?? otherwise))),
    catch: () => wrong(setting, "is no duration")
  }).pipe(
    Effect.filterOrFail(
      (value) => value > 0 && value < 2 ** 31,
      () => wrong(setting, "is not between 1 ms and 24 days")
    )
  )

const connectionsOf = (connections: number | undefined): Effect.Effect<number, ConfigurationError> => {
  const value = connections ?? defaults.connections
  return Number.isInteger(value) && value > 0
    ? Effect.succeed(value)
    : Effect.fail(wrong("http.connections", "is not a whole number of at least 1"))
}

/**
 * Pools that know each other: undici's agent forgets one that lost its last connection, though requests may wait in it,
 * and its pool a connection that was not made, though requests may wait for the next.
 */
const poolsOf = (Pool: typeof Undici.Pool) => {
  const pools = new Set<Undici.Pool>()
  return {
    factory: (origin: string | URL, options: object): Dispatcher => {
      for (const pool of [...pools].filter(({ destroyed }) => destroyed)) {
        pools.delete(pool)
      }
      const pool = new Pool(origin, options)
      pool.removeAllListeners("connectionError")
      pools.add(pool)
      return pool
    },
    destroyAll: () => Promise.all([...pools].map((pool) => pool.destroy()))
  }
}

const refused = ({ socket, statusCode }: Dispatcher.ConnectData): Dispatcher.ConnectData => {
  if (statusCode === 200) {
    return { socket, statusCode } as Dispatcher.ConnectData
  }
  socket.on("error", () => {}).destroy()
  throw Object.assign(new Error("The proxy refused the tunnel"), { code: `PROXY_${statusCode}` })
}

/**
 * The connections to a proxy: undici gives one 300 seconds to open a tunnel, and asks one that hangs up again for ever
 * because it takes the code of a lost connection for one between two requests.
 */
const proxyPool = (Pool: typeof Undici.Pool, timeout: number) => (proxy: URL, options: object): Dispatcher => {
  const pool = new Pool(proxy, { ...options, headersTimeout: timeout })
  const connect: (to: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = pool.connect.bind(pool)
  return Object.assign(pool, {
    connect: (to: Dispatcher.ConnectOptions) =>
      connect(to).then(refused).catch((cause: unknown) => {
        throw new Error("The proxy opened no tunnel", { cause })
      })
  })
}

/** What is needed of a dispatcher. */
type Dispatching = Pick<Dispatcher, "dispatch">

/** Connections, and how many there may be to one origin where that is ours to say. */
export interface ConnectionPools {
  readonly dispatcher: Dispatching
  readonly perOrigin?: number
}

const supplied = (dispatcher: Dispatching, others: object): Effect.Effect<ConnectionPools, ConfigurationError> => {
  const also = Object.entries(others).find(([, value]) => value !== undefined)
  return also !== undefined
    ? Effect.fail(wrong(`http.${also[0]}`, "cannot be combined with a dispatcher, which has its own"))
    : typeof dispatcher?.dispatch === "function"
    ? Effect.succeed({ dispatcher })
    : Effect.fail(wrong("http.dispatcher", "is no dispatcher"))
}

/** Opens pools as the options say; they close with the scope, at once. */
export const open = (
  options: NodeHttpClientOptions,
  caBundle?: ConfigValue<string>
): Effect.Effect<ConnectionPools, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const { dispatcher, ...others } = options
    if (dispatcher !== undefined) {
      return yield* supplied(dispatcher, others)
    }
    const timeout = yield* millis("http.connectTimeout", options.connectTimeout, defaults.connectTimeout)
    const keepAliveTimeout = yield* millis("http.keepAliveTimeout", options.keepAliveTimeout, defaults.keepAliveTimeout)
    const connections = yield* connectionsOf(options.connections)
    const tls = yield* tlsOf(options, caBundle)
    const proxies = yield* proxiesOf(options)
    const { Agent, EnvHttpProxyAgent, Pool } = yield* Effect.promise(() => import("undici"))
    const { destroyAll, factory } = poolsOf(Pool)
    const pool = {
      connections,
      keepAliveTimeout,
      keepAliveMaxTimeout: keepAliveTimeout,
      connect: { timeout, ...tls.service },
      factory
    }
    const direct = new Agent(pool)
    const proxied = proxies && new EnvHttpProxyAgent({
      ...pool,
      httpProxy: proxies.http,
      httpsProxy: proxies.https,
      noProxy: proxies.except,
      clientFactory: proxyPool(Pool, timeout),
      proxyTls: { timeout, ...tls.proxy },
      requestTls: { timeout, ...tls.service }
    })
    // Where there is a proxy for http alone, undici would take it for https too.
    const carrier = (origin: string) =>
      proxied === undefined || (proxies?.https === "" && origin.startsWith("https:")) ? direct : proxied
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => Promise.all([direct.destroy(), proxied?.destroy(), destroyAll()]))
    )
    return {
      dispatcher: proxied === undefined
        ? direct
        : { dispatch: (request, handler) => carrier(String(request.origin)).dispatch(request, handler) },
      perOrigin: connections
    }
  })
