/** The proxies of the HTTP client, from its options or the environment. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions, ProxyOptions } from "../../NodeHttpClient.ts"
import { fromEnvironment, string } from "../config/sources.ts"
import { bypass } from "./noProxy.ts"

/** Proxy URLs with user name and password, or empty strings, and the comma-separated hosts that bypass the proxy. */
export interface Proxies {
  readonly http: string
  readonly https: string
  readonly except: string
}

const joinExceptions = (hosts: ReadonlyArray<string>): string =>
  hosts.some((host) => host.trim() === "*") ? "*" : hosts.join(",")

const isDecodable = (encoded: string): boolean => {
  try {
    return decodeURIComponent(encoded) !== undefined
  } catch {
    return false
  }
}

const parseProxyUrl = ({ password, url, username }: ProxyOptions): URL | undefined => {
  const parsed = new URL(url)
  if (username !== undefined) {
    parsed.username = encodeURIComponent(username)
  }
  if (password !== undefined) {
    parsed.password = encodeURIComponent(Redacted.isRedacted(password) ? Redacted.value(password) : password)
  }
  return /^https?:$/.test(parsed.protocol) && isDecodable(parsed.username) && isDecodable(parsed.password)
    ? parsed
    : undefined
}

const proxyUrl = (proxy: ProxyOptions, setting: string, source?: string): Effect.Effect<string, ConfigurationError> =>
  Effect.try(() => parseProxyUrl(proxy)).pipe(
    Effect.orElseSucceed(() => undefined),
    Effect.flatMap((url) =>
      url === undefined
        ? new ConfigurationError({ setting, problem: "must be an http or https URL", ...(source && { source }) })
        : Effect.succeed(url.href)
    )
  )

/** Reads a variable in lower case, otherwise in upper case. */
const fromEitherCase = (variable: string) =>
  Effect.flatMap(
    fromEnvironment(variable.toLowerCase(), string),
    (found) => (found === undefined ? fromEnvironment(variable, string) : Effect.succeed(found))
  )

const fromVariable = (variable: string) =>
  Effect.flatMap(fromEitherCase(variable), (found) =>
    found === undefined ? Effect.succeed("") : proxyUrl(
      { url: /^[\w.-]+:[0-9]+$/.test(found.value) ? `http://${found.value}` : found.value },
      found.setting,
      found.source
    ))

const fromCode = (proxy: string | ProxyOptions): Effect.Effect<Proxies, ConfigurationError> =>
  Effect.gen(function*() {
    const { except = [], ...options }: ProxyOptions = typeof proxy === "string" ? { url: proxy } : proxy
    if (!Array.isArray(except)) {
      return yield* new ConfigurationError({
        setting: "http.proxy.except",
        problem: "must be an array of host names"
      })
    }
    const url = yield* proxyUrl(options, "http.proxy")
    return { http: url, https: url, except: joinExceptions(except) }
  })

/** The proxies to use; `undefined` for none. */
export const proxiesOf = ({ proxy }: NodeHttpClientOptions): Effect.Effect<Proxies | undefined, ConfigurationError> =>
  Effect.gen(function*() {
    if (proxy === false) {
      return undefined
    }
    if (proxy !== undefined && proxy !== null) {
      return yield* fromCode(proxy)
    }
    const http = yield* fromVariable("HTTP_PROXY")
    const https = yield* fromVariable("HTTPS_PROXY")
    const except = (yield* fromEitherCase("NO_PROXY"))?.value ?? ""
    return http === "" && https === "" ? undefined : { http, https, except: joinExceptions(except.split(/[\s,]+/)) }
  })

/** Makes the function that returns the URL of the proxy for an origin; `undefined` if requests to it are sent directly. */
export const proxyOf = ({ except, http, https }: Proxies): (origin: URL) => string | undefined => {
  const isDirect = bypass(except)
  return (origin) => {
    const proxy = origin.protocol === "https:" ? https : http
    return proxy === "" || isDirect(origin) ? undefined : proxy
  }
}
