/** The proxy, the connection to the service, and the clock. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import process from "node:process"
import { type Finding, ok, warning } from "./findings.ts"

const variable = (...names: ReadonlyArray<string>): readonly [name: string, value: string] | undefined => {
  const name = names.find((each) => (process.env[each] ?? "") !== "")
  return name === undefined ? undefined : [name, process.env[name] ?? ""]
}

/** A proxy's URL can contain a password. */
const originOf = (url: string): string => {
  try {
    return new URL(url).host
  } catch {
    return "an invalid URL"
  }
}

/** The proxy variables for this origin. */
export const proxy = (origin: string): Finding => {
  const found = origin.startsWith("https:")
    ? variable("https_proxy", "HTTPS_PROXY")
    : variable("http_proxy", "HTTP_PROXY")
  const exceptions = variable("no_proxy", "NO_PROXY") === undefined ? "" : ", with the exceptions of NO_PROXY"
  return ok("proxy", found === undefined ? "none" : `${originOf(found[1])}, from ${found[0]}${exceptions}`)
}

/** The skew that AWS's clients correct. */
const maxSkewSeconds = 240

const clock = (date: string | undefined, now: number): Finding => {
  const skew = Math.round((now - Date.parse(date ?? "")) / 1_000)
  if (Number.isNaN(skew)) {
    return warning("clock", "the response has no date")
  }
  const detail = Math.abs(skew) <= 1
    ? "agrees with the service"
    : `${Math.abs(skew)} s ${skew > 0 ? "ahead" : "behind"}`
  return Math.abs(skew) > maxSkewSeconds
    ? warning("clock", `${detail}; set the clock of this machine`)
    : ok("clock", detail)
}

/** Connects to the service without credentials. */
export const connection = (origin: string) =>
  HttpClient.HttpClient.pipe(
    Effect.flatMap((client) => client.get(`${origin}/ping`)),
    Effect.scoped,
    Effect.timeout("15 seconds"),
    Effect.flatMap(({ headers, status }) =>
      Effect.map(Clock.currentTimeMillis, (now): ReadonlyArray<Finding> => [
        ok("connection", `status ${status} in response to a request without a signature`),
        clock(headers["date"], now)
      ])
    ),
    Effect.catchAll(() =>
      Effect.succeed<ReadonlyArray<Finding>>([{
        check: "connection",
        status: "failed",
        detail: `no response from ${origin}: check the network, the proxy and the certificates`,
        code: 9
      }])
    )
  )
