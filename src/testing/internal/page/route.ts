/** Finds the requests of the browser page, and checks that they come from the page. */
import { headerOf, type HttpRequestHead, pathOf } from "../emulator/httpMessage.ts"
import { signedService } from "../s3/request/authentication.ts"

/** The path of the requests that the page sends. It is not the name of a bucket. */
const pagePrefix = "/_emulator/"

/** The header with the token of the page. */
export const tokenHeader = "x-emulator-token"

const hostPattern = /^(\[[0-9a-f:.]+\]|[^:@/?#[\]]+)(?::\d{1,5})?$/i

/** The host name of a request in lowercase, without the port. */
const hostNameOf = (request: HttpRequestHead): string | undefined =>
  hostPattern.exec(headerOf(request, "host") ?? "")?.[1]?.toLowerCase()

const isNavigation = (request: HttpRequestHead): boolean =>
  (request.method === "GET" || request.method === "HEAD") && request.target === "/" &&
  (headerOf(request, "accept") ?? "").includes("text/html") &&
  // A bucket in the host, as in `bucket.localhost`.
  hostNameOf(request)?.endsWith(".localhost") !== true

/** Whether a request is for the browser page. A signed request is not. */
export const isPageRequest = (request: HttpRequestHead): boolean =>
  (isNavigation(request) || request.target.startsWith(pagePrefix)) && signedService(request) === undefined

const ipAddress = /^(?:\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})$/

/**
 * Whether the page can be used by this host name. An IP address and `localhost` cannot be the name of another site that
 * resolves to this machine.
 */
const isAllowedHost = (name: string, hosts: ReadonlySet<string>): boolean =>
  name === "localhost" || ipAddress.test(name) || hosts.has(name)

/** Whether the request comes from a page of this origin, or is typed into the address bar. */
const isSameOrigin = (request: HttpRequestHead): boolean => {
  const origin = headerOf(request, "origin")
  const site = headerOf(request, "sec-fetch-site")
  return (origin === undefined || origin.replace(/^https?:\/\//, "") === headerOf(request, "host")) &&
    (site === undefined || site === "same-origin" || site === "none")
}

/** Why a request for the page is rejected; `undefined` if it is accepted. */
export const rejectionOf = (
  request: HttpRequestHead,
  hosts: ReadonlySet<string>,
  token: string
): string | undefined => {
  const name = hostNameOf(request)
  if (name === undefined || !isAllowedHost(name, hosts)) {
    return "The page is available at an IP address, at localhost and at the configured host names."
  }
  if (isNavigation(request)) {
    return undefined
  }
  return isSameOrigin(request) && headerOf(request, tokenHeader) === token
    ? undefined
    : "The request does not come from the page. Reload the page."
}

/** The part of the path after the prefix. */
export const actionOf = (request: HttpRequestHead): string =>
  isNavigation(request) ? "" : pathOf(request).slice(pagePrefix.length)
