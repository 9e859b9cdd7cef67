/** Connection pools: one per origin, directly or through a proxy. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { buildConnector, Dispatcher } from "undici"
import { positiveDurationMillis } from "../../../internal/config/duration.ts"
import { CurrentMonitor, type Monitor } from "../../../internal/telemetry/monitor.ts"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"
import type { ConfigValue } from "../config/sources.ts"
import { type Proxies, proxiesOf, proxyOf } from "../proxy/proxies.ts"
import { makeTunnels, type Tunnels } from "../proxy/tunnel.ts"
import { adaptConnections } from "./connector.ts"
import { OriginPools } from "./originPools.ts"
import { type Tls, tlsOf } from "./tls.ts"
import type * as Undici from "./undici.ts"

const defaults = { connectTimeout: Duration.seconds(5), keepAliveTimeout: Duration.seconds(15), connections: 1024 }

const invalid = (setting: string, problem: string) => new ConfigurationError({ setting, problem })

export const durationMillis = (
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

/** The limits of connections, checked; durations in milliseconds. */
export interface ConnectionSettings {
  readonly timeout: number
  readonly keepAliveTimeout: number
  readonly connections: number
}

export const connectionSettings = (
  { connectTimeout, connections, keepAliveTimeout }: NodeHttpClientOptions
): Effect.Effect<ConnectionSettings, ConfigurationError> =>
  Effect.all({
    timeout: durationMillis("http.connectTimeout", connectTimeout, defaults.connectTimeout),
    keepAliveTimeout: durationMillis("http.keepAliveTimeout", keepAliveTimeout, defaults.keepAliveTimeout),
    connections: connectionLimit(connections)
  })

type RequestDispatcher = Pick<Dispatcher, "dispatch">

/** A dispatcher, and the limit of requests per origin unless the dispatcher is custom. */
export interface ConnectionPools {
  readonly dispatcher: RequestDispatcher
  readonly perOrigin?: number
  readonly monitor?: Monitor | undefined
}

/** The pools of a dispatcher in code. It has its own options. */
export const customPools = (
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
export const openPools = (
  undici: typeof Undici,
  options: NodeHttpClientOptions,
  caBundle?: ConfigValue<string>
): Effect.Effect<ConnectionPools, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const { connections, keepAliveTimeout, timeout } = yield* connectionSettings(options)
    const tls = yield* tlsOf(options, caBundle)
    const proxies = yield* proxiesOf(options)
    const connectors = makeConnectors(undici, { timeout, tls, proxies })
    const monitor = yield* CurrentMonitor
    const pools = new OriginPools((origin) => {
      const connect = adaptConnections(connectors.connectorOf(new URL(origin)), monitor)
      return new undici.Pool(origin, { connections, keepAliveTimeout, keepAliveMaxTimeout: keepAliveTimeout, connect })
    }, keepAliveTimeout)
    yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all([pools.destroy(), connectors.destroy()])))
    return { dispatcher: pools, perOrigin: connections, monitor }
  })

interface ConnectorOptions {
  readonly timeout: number
  readonly tls: Tls
  readonly proxies: Proxies | undefined
}

/** Makes the connectors of origins: directly, or through a proxy. */
const makeConnectors = (undici: typeof Undici, { proxies, timeout, tls }: ConnectorOptions) => {
  const tunnels = new Map<string, Tunnels>()
  const proxyUrlOf = proxies === undefined ? () => undefined : proxyOf(proxies)
  const tunnelsOf = (url: string): Tunnels => {
    const existing = tunnels.get(url) ?? makeTunnels(undici, { url, timeout, tls })
    tunnels.set(url, existing)
    return existing
  }
  return {
    connectorOf: (origin: URL): buildConnector.connector => {
      const proxy = proxyUrlOf(origin)
      return proxy === undefined ? undici.buildConnector({ timeout, ...tls.service }) : tunnelsOf(proxy).connect
    },
    destroy: () => Promise.all([...tunnels.values()].map((_) => _.destroy()))
  }
}
