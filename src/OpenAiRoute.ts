/**
 * Points OpenAI clients at a SageMaker endpoint: the base URL and the bearer tokens of the OpenAI-compatible route.
 *
 * `ModelEndpoint.openAiChat` calls the route with this package's own client. The endpoint's container must implement
 * OpenAI's chat completions API.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { BearerToken } from "./BearerToken.ts"
import { readSettings } from "./internal/client/settings.ts"
import { ClientRegion } from "./internal/config/clientRegion.ts"
import { makeFetch } from "./internal/openAiRoute/fetch.ts"
import { makeHttpClient } from "./internal/openAiRoute/httpClient.ts"
import { checkComponent, routePath } from "./internal/openAiRoute/path.ts"
import { serviceUrl } from "./protocol/endpoint/serviceUrl.ts"
import { ConfigurationError, type InvalidInputError } from "./SageMakerError.ts"

/**
 * The URL of the route of an endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenAiRouteOptions {
  /**
   * The AWS region of the endpoint, such as `eu-west-1`. The tokens must be for the same region.
   *
   * Default: the region of the `NodeSageMaker.layer` in the context. `baseUrl` requires it.
   */
  readonly region?: string | undefined
  /** The inference component. At most 63 letters, digits and hyphens. Default: none. */
  readonly inferenceComponent?: string | undefined
  /** The base URL of the service instead of AWS's endpoint for the region. Its path is kept. Default: AWS's endpoint. */
  readonly endpoint?: string | { readonly href: string } | undefined
  /** Whether to call AWS's FIPS endpoint. Default: `false`. */
  readonly useFipsEndpoint?: boolean | undefined
  /** Whether to call AWS's dual-stack endpoint. Default: `false`. */
  readonly useDualstackEndpoint?: boolean | undefined
}

/**
 * Options of `make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface MakeOptions extends OpenAiRouteOptions {
  /** The function that sends the requests. Default: `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * The options that OpenAI clients have for another server.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenAiRoute {
  /** The base URL, without a slash at its end. */
  readonly baseURL: string
  /**
   * Sends a request with a bearer token. It replaces the header `Authorization`.
   *
   * Each request has the current token. A response with the status 401 or 403 discards it. The promise is rejected with
   * `InvalidInputError` if the URL is not below `baseURL`, and with the error of `BearerToken` if there is no token.
   * Redirects are not followed.
   */
  readonly fetch: typeof globalThis.fetch
}

/** Each option is read once. */
const resolve = <Options extends OpenAiRouteOptions>(
  name: string,
  given: Options | undefined,
  defaultRegion?: string
): Either.Either<{ readonly baseURL: string; readonly options: Options }, ConfigurationError | InvalidInputError> =>
  Either.gen(function*() {
    const options = yield* readSettings(given, "options")
    const service = serviceUrl({ ...options, region: options.region ?? defaultRegion ?? "" })
    if (service._tag === "Invalid") {
      return yield* Either.left(new ConfigurationError({ setting: service.setting, problem: service.problem }))
    }
    const component = options.inferenceComponent ?? undefined
    const path = yield* routePath(name, component === undefined ? undefined : yield* checkComponent(component))
    return { baseURL: `${service.url}${path}`, options }
  })

/**
 * The base URL of the route of an endpoint, without a slash at its end.
 *
 * @example
 * ```ts
 * import { OpenAiRoute } from "effect-sagemaker-runtime"
 *
 * export const url = OpenAiRoute.baseUrl("llama-3-8b", { region: "eu-west-1" })
 * // https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/llama-3-8b/openai/v1
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const baseUrl = (
  name: string,
  options: OpenAiRouteOptions & {
    /** The AWS region of the endpoint, such as `eu-west-1`. */
    readonly region: string
  }
): Either.Either<string, ConfigurationError | InvalidInputError> =>
  Either.map(resolve(name, options), ({ baseURL }) => baseURL)

/**
 * Makes the base URL and the `fetch` of an endpoint, for the `openai` package, the Vercel AI SDK, LangChain and other
 * clients with these options.
 *
 * The clients also require an API key, which is not sent. `fetch` needs the scope of `BearerToken.layer` to stay open:
 * provide the layer to the program that uses it, or use a `ManagedRuntime`.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { BearerToken, Credentials, OpenAiRoute } from "effect-sagemaker-runtime"
 *
 * const tokens = BearerToken.layer({ region: "eu-west-1" }).pipe(Layer.provide(Credentials.layerEnv))
 *
 * export const status = Effect.gen(function*() {
 *   const { baseURL, fetch } = yield* OpenAiRoute.make("llama-3-8b", { region: "eu-west-1" })
 *   const body = JSON.stringify({ model: "", messages: [{ role: "user", content: "Why is the sky blue?" }] })
 *   const response = yield* Effect.promise(() => fetch(`${baseURL}/chat/completions`, { method: "POST", body }))
 *   return response.status
 * }).pipe(Effect.provide(tokens))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  name: string,
  options: MakeOptions = {}
): Effect.Effect<OpenAiRoute, ConfigurationError | InvalidInputError, BearerToken> =>
  Effect.gen(function*() {
    const { baseURL, options: { fetch: given } } = yield* resolve(name, options, yield* ClientRegion)
    const send: typeof globalThis.fetch = given ?? ((input, init) => globalThis.fetch(input, init))
    if (typeof send !== "function") {
      return yield* new ConfigurationError({ setting: "fetch", problem: "must be a function" })
    }
    const runtime = yield* Effect.runtime()
    return { baseURL, fetch: makeFetch({ baseURL, runtime, send, tokens: yield* BearerToken }) }
  })

/**
 * Provides an `HttpClient` that adds the base URL and a bearer token to each request.
 *
 * A relative URL such as `/chat/completions` is below the base URL. Any other URL must be below it: otherwise the request
 * fails with `RequestError` and is not sent. It also fails with `RequestError` if there is no token. A response with the
 * status 401 or 403 discards the token. Redirects are not followed on `fetch`, on undici and on Node's HTTP client.
 *
 * @example
 * ```ts
 * import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 * import { BearerToken, Credentials, OpenAiRoute } from "effect-sagemaker-runtime"
 *
 * const live = OpenAiRoute.layerHttpClient("llama-3-8b", { region: "eu-west-1" }).pipe(
 *   Layer.provide([FetchHttpClient.layer, BearerToken.layer({ region: "eu-west-1" })]),
 *   Layer.provide(Credentials.layerEnv)
 * )
 *
 * export const completion = HttpClientRequest.post("/chat/completions").pipe(
 *   HttpClientRequest.bodyUnsafeJson({ model: "", messages: [{ role: "user", content: "Why is the sky blue?" }] }),
 *   HttpClient.execute,
 *   Effect.flatMap((response) => response.json),
 *   Effect.provide(live)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (
  name: string,
  options: OpenAiRouteOptions = {}
): Layer.Layer<HttpClient.HttpClient, ConfigurationError | InvalidInputError, HttpClient.HttpClient | BearerToken> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const { baseURL } = yield* resolve(name, options, yield* ClientRegion)
      return makeHttpClient(yield* HttpClient.HttpClient, baseURL, yield* BearerToken)
    })
  )
