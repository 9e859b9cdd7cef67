/** An HTTP client on `fetch`, with the options that the runtime's `fetch` has. It never follows a redirect. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { ContentDecoding } from "../../../internal/transport/contentDecoding.ts"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"
import type { ConfigValue } from "../config/sources.ts"
import { caBundleOf, type PemOptions, tlsOf } from "../http/tls.ts"
import { proxiesOf, proxyOf } from "../proxy/proxies.ts"
import { type FetchRuntime, fetchRuntime } from "./fetchRuntime.ts"

/** The options of Bun's `fetch` that the standard does not have. */
interface BunRequestInit extends RequestInit {
  /** `false` ignores the proxy variables of the environment. */
  readonly proxy: string | false
  readonly tls: PemOptions
  /** Bun's default is five minutes. */
  readonly timeout: false
  readonly decompress: boolean
}

/** Makes the options of a request that the runtime's `fetch` has in addition. */
type RuntimeInit = (url: URL, decodes: boolean) => RequestInit

const unsupported = ({ name }: FetchRuntime, setting: string, source?: string): ConfigurationError =>
  new ConfigurationError({
    setting,
    ...(source !== undefined && { source }),
    problem: `is not supported on ${name}, where the HTTP client is fetch: remove the setting`
  })

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false

/** Rejects an option in code that `fetch` would ignore. */
const checkOptions = (
  runtime: FetchRuntime,
  options: NodeHttpClientOptions
): Effect.Effect<void, ConfigurationError> => {
  const supported: ReadonlyArray<string> = runtime.options
  const other = Object.entries(options).find(([name, value]) => isSet(value) && !supported.includes(name))
  return other === undefined ? Effect.void : Effect.fail(unsupported(runtime, `http.${other[0]}`))
}

/** A setting of the environment or the profile that `fetch` would ignore. */
const ignoredSetting = (
  options: NodeHttpClientOptions,
  caBundle: ConfigValue<string> | undefined
): Effect.Effect<Pick<ConfigValue<string>, "setting" | "source"> | undefined, ConfigurationError> =>
  Effect.zipWith(
    caBundleOf(caBundle),
    proxiesOf(options),
    (bundle, proxies) =>
      bundle ?? (proxies === undefined || proxies.except === "*"
        ? undefined
        : { setting: "HTTPS_PROXY or HTTP_PROXY", source: "environment" })
  )

const bunInit = (
  options: NodeHttpClientOptions,
  caBundle: ConfigValue<string> | undefined
): Effect.Effect<RuntimeInit, ConfigurationError> =>
  Effect.zipWith(tlsOf(options, caBundle), proxiesOf(options), ({ pem }, proxies) => {
    const proxyUrlOf = proxies === undefined ? () => undefined : proxyOf(proxies)
    return (url, decodes): BunRequestInit => ({
      proxy: proxyUrlOf(url) ?? false,
      tls: pem,
      timeout: false,
      decompress: decodes
    })
  })

const runtimeInit = (
  runtime: FetchRuntime,
  options: NodeHttpClientOptions,
  caBundle: ConfigValue<string> | undefined
): Effect.Effect<RuntimeInit, ConfigurationError> =>
  runtime.options.length > 0
    ? bunInit(options, caBundle)
    : Effect.flatMap(ignoredSetting(options, caBundle), (ignored) =>
      ignored === undefined
        ? Effect.succeed(() => ({}))
        : Effect.fail(unsupported(runtime, ignored.setting, ignored.source)))

const fetchWith = (initOf: RuntimeInit, decodes: boolean): typeof fetch => (input, init) =>
  globalThis.fetch(input, {
    ...init,
    ...initOf(new URL(input instanceof Request ? input.url : input), decodes),
    redirect: "manual"
  })

/** Opens the HTTP client. The runtime owns its connections. */
export const openFetchClient = (
  options: NodeHttpClientOptions,
  caBundle: ConfigValue<string> | undefined
): Effect.Effect<HttpClient.HttpClient, ConfigurationError> =>
  Effect.gen(function*() {
    const runtime = fetchRuntime()
    yield* checkOptions(runtime, options)
    const initOf = yield* runtimeInit(runtime, options, caBundle)
    return HttpClient.transform(yield* HttpClient.HttpClient, (send) =>
      Effect.contextWithEffect((context: Context.Context<never>) =>
        Effect.provideService(send, FetchHttpClient.Fetch, fetchWith(initOf, Context.get(context, ContentDecoding)))
      ))
  }).pipe(Effect.provide(FetchHttpClient.layer))
