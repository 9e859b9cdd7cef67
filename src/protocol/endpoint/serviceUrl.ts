import { type Partition, partitionOf } from "./partitions.ts"

/** The settings that determine the base URL of the service. */
export interface ServiceUrlInput {
  readonly region: string
  readonly endpoint?: string | { readonly href: string } | undefined
  readonly http2Endpoint?: string | { readonly href: string } | undefined
  readonly useFipsEndpoint?: boolean | undefined
  readonly useDualstackEndpoint?: boolean | undefined
}

/** A base URL without a trailing slash, or the invalid setting and what it must be. The value is not included. */
export type ServiceUrl =
  | { readonly _tag: "Url"; readonly url: string }
  | { readonly _tag: "Invalid"; readonly setting: string; readonly problem: string }

const valid = (url: string): ServiceUrl => ({ _tag: "Url", url })
const invalid = (setting: string, problem: string): ServiceUrl => ({ _tag: "Invalid", setting, problem })

/** The second part is the text of AWS's endpoint rules. */
const notWithCustomEndpoint = (setting: string, name: string): ServiceUrl =>
  invalid(setting, `must be false: ${name} and custom endpoint are not supported`)

const hostLabel = /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/

const fipsHost = (region: string, { dnsSuffix, name }: Partition): string => {
  if (name === "aws") {
    return `runtime-fips.sagemaker.${region}.${dnsSuffix}`
  }
  return name === "aws-us-gov"
    ? `runtime.sagemaker.${region}.${dnsSuffix}`
    : `runtime.sagemaker-fips.${region}.${dnsSuffix}`
}

const serviceHost = (region: string, isFips: boolean, isDualStack: boolean): string => {
  const partition = partitionOf(region)
  if (isDualStack) {
    return `runtime.${isFips ? "sagemaker-fips" : "sagemaker"}.${region}.${partition.dualStackDnsSuffix}`
  }
  return isFips ? fipsHost(region, partition) : `runtime.sagemaker.${region}.${partition.dnsSuffix}`
}

const parse = (endpoint: string): URL | undefined => {
  try {
    return new URL(endpoint)
  } catch {
    return undefined
  }
}

/** The text of an endpoint; empty, which is no URL, if it cannot be read. */
const textOf = (endpoint: string | { readonly href: string }): string => {
  try {
    return typeof endpoint === "string" ? endpoint : String(Reflect.get(Object(endpoint), "href"))
  } catch {
    return ""
  }
}

const customEndpoint = (endpoint: string | { readonly href: string }, setting = "endpoint"): ServiceUrl => {
  const text = textOf(endpoint)
  const url = parse(text)
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return invalid(setting, "must be an absolute http or https URL")
  }
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    return invalid(setting, "must be a URL without user name and password")
  }
  if (/[?#]/.test(text)) {
    return invalid(setting, "must be a URL without query and fragment")
  }
  return valid(url.origin + url.pathname.replace(/\/+$/, ""))
}

type HostOf = (region: string, isFips: boolean, isDualStack: boolean) => string

/** Applies the service's endpoint rules, which differ between HTTP/1.1 and HTTP/2 only in the host. */
const resolve = (
  { endpoint, region, useDualstackEndpoint, useFipsEndpoint }: ServiceUrlInput,
  hostOf: HostOf,
  setting: string
): ServiceUrl => {
  if (typeof region !== "string" || !hostLabel.test(region)) {
    return invalid("region", "must be an AWS region, such as eu-west-1")
  }
  const isFips = useFipsEndpoint === true
  const isDualStack = useDualstackEndpoint === true
  if (endpoint === undefined) {
    return valid(`https://${hostOf(region, isFips, isDualStack)}`)
  }
  if (isFips) {
    return notWithCustomEndpoint("useFipsEndpoint", "FIPS")
  }
  if (isDualStack) {
    return notWithCustomEndpoint("useDualstackEndpoint", "Dualstack")
  }
  return customEndpoint(endpoint, setting)
}

/** Resolves the base URL with the service's endpoint rules (botocore `endpoint-rule-set-1`, 2017-05-13). */
export const serviceUrl = (input: ServiceUrlInput): ServiceUrl => resolve(input, serviceHost, "endpoint")

const http2Host: HostOf = (region, isFips, isDualStack) => {
  const { dnsSuffix, dualStackDnsSuffix, name } = partitionOf(region)
  const suffix = isDualStack ? dualStackDnsSuffix : dnsSuffix
  // AWS's rules have no HTTP/2 endpoints for this partition, and apply the general form of a host.
  if (name === "aws-iso-e") {
    return `runtime.${isFips ? "sagemaker-fips" : "sagemaker"}.${region}.${suffix}`
  }
  return `${isFips ? "runtime-fips" : "runtime"}.sagemaker.${region}.${suffix}:8443`
}

/** Resolves the base URL of the HTTP/2 operations with the endpoint rules of API version 2025-10-01. */
export const http2Url = (input: ServiceUrlInput): ServiceUrl =>
  input.http2Endpoint === undefined
    ? resolve(input, http2Host, "endpoint")
    : resolve({ ...input, endpoint: input.http2Endpoint }, http2Host, "http2Endpoint")
