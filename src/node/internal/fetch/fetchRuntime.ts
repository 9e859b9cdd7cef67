/** The runtimes on which the HTTP client is `fetch`, and the options that their `fetch` has. */
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"

type Option = Exclude<keyof NodeHttpClientOptions, "dispatcher">

/** A runtime whose HTTP client is `fetch`. */
export interface FetchRuntime {
  /** The name in error messages. */
  readonly name: string
  /** The supported options of `NodeHttpClient`. */
  readonly options: ReadonlyArray<Option>
}

const isBun = (): boolean => process.versions?.["bun"] !== undefined

const isWorkerd = (): boolean => globalThis.navigator?.userAgent === "Cloudflare-Workers"

/** Bun replaces undici with stubs. workerd cannot compile the HTTP parser of undici. */
export const hasOwnUndici = (): boolean => isBun() || isWorkerd()

/** The runtime, whose `fetch` has the listed options in addition to the standard ones. */
export const fetchRuntime = (): FetchRuntime => {
  if (isBun()) {
    return { name: "Bun", options: ["ca", "cert", "key", "passphrase", "proxy"] }
  }
  return { name: isWorkerd() ? "Cloudflare Workers" : "a runtime without undici", options: [] }
}
