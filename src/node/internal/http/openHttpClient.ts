/** Opens the HTTP client of the runtime: connection pools of undici, or `fetch` where undici is missing or replaced. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"
import type { ConfigValue } from "../config/sources.ts"
import { openFetchClient } from "../fetch/fetchClient.ts"
import { hasOwnUndici } from "../fetch/fetchRuntime.ts"
import { customPools, openPools } from "./connectionPools.ts"
import { makeHttpClient } from "./httpClient.ts"
import type * as Undici from "./undici.ts"

/** A bundler or a test runner can replace undici with an empty module or with stubs. */
const isComplete = ({ Pool, buildConnector }: typeof Undici): boolean =>
  typeof buildConnector === "function" && typeof Pool?.prototype?.dispatch === "function"

/** undici; `undefined` if the runtime replaces it or cannot load it. */
const loadUndici: Effect.Effect<typeof Undici | undefined> = Effect.suspend(() =>
  hasOwnUndici() ? Effect.succeed(undefined) : Effect.orElseSucceed(
    Effect.map(Effect.tryPromise(() => import("./undici.ts")), (undici) => isComplete(undici) ? undici : undefined),
    () => undefined
  )
)

/** Opens the HTTP client. Its connections close with the scope. */
export const openHttpClient = (
  options: NodeHttpClientOptions,
  caBundle?: ConfigValue<string>
): Effect.Effect<HttpClient.HttpClient, ConfigurationError, Scope.Scope> =>
  Effect.gen(function*() {
    const { dispatcher, ...otherOptions } = options
    if (dispatcher !== undefined) {
      return makeHttpClient(yield* customPools(dispatcher, otherOptions))
    }
    const undici = yield* loadUndici
    return undici === undefined
      ? yield* openFetchClient(options, caBundle)
      : makeHttpClient(yield* openPools(undici, options, caBundle))
  })
