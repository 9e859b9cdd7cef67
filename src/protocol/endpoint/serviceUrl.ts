import { type Partition, partitionOf } from "./partitions.ts"

/** What decides the service's base URL. */
export interface ServiceUrlInput {
  readonly region: string
  readonly endpoint?: string | { readonly href: string } | undefined
  readonly useFipsEndpoint?: boolean | undefined
  readonly useDualstackEndpoint?: boolean | undefined
}

/** A base URL without a trailing slash, or the setting that is wrong and why; the wrong value itself is never repeated. */
export type ServiceUrl =
  | { readonly _tag: "Url"; readonly url: string }
  | { readonly _tag: "Invalid"; readonly setting: string; readonly problem: string }

const valid = (url: string): ServiceUrl => ({ _tag: "Url", url })
const invalid = (setting: string, problem: string): ServiceUrl => ({ _tag: "Invalid", setting, problem })

const hostLabel = /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/

const fipsHost = (region: string, { dnsSuffix, name }: Partition): string =>
  name === "aws"
    ? `runtime-fips.sagemaker.${region}.${dnsSuffix}`
    : name === "aws-us-gov"
    ? `runtime.sagemaker.${region}.${dnsSuffix}`
    : `runtime.sagemaker-fips.${region}.${dnsSuffix}`

const host = (region: string, fips: boolean, dualstack: boolean): string => {
  const partition = partitionOf(region)
  return fips && dualstack
    ? `runtime.sagemaker-fips.${region}.${partition.dualStackDnsSuffix}`
    : fips
    ? fipsHost(region, partition)
    : dualstack
    ? `runtime.sagemaker.${region}.${partition.dualStackDnsSuffix}`
    : `runtime.sagemaker.${region}.${partition.dnsSuffix}`
}

const parse = (endpoint: string): URL | undefined => {
  try {
    return new URL(endpoint)
  } catch {
    return undefined
  }
}

const customEndpoint = (endpoint: string | { readonly href: string }): ServiceUrl => {
  const text = typeof endpoint === "string" ? endpoint : String(Reflect.get(Object(endpoint), "href"))
  const url = parse(text)
  if (url === undefined) {
    return invalid("endpoint", "is not an absolute URL")
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return invalid("endpoint", "is neither http nor https")
  }
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    return invalid("endpoint", "carries user information")
  }
  if (/[?#]/.test(text)) {
    return invalid("endpoint", "carries a query or a fragment")
  }
  return valid(url.origin + url.pathname.replace(/\/+$/, ""))
}

/** Resolves the base URL by the service's endpoint rule set (botocore `endpoint-rule-set-1`, 2017-05-13). */
export const serviceUrl = (input: ServiceUrlInput): ServiceUrl => {
  if (typeof input.region !== "string" || !hostLabel.test(input.region)) {
    return invalid("region", "is not a valid host label")
  }
  const fips = input.useFipsEndpoint === true
  const dualstack = input.useDualstackEndpoint === true
  if (input.endpoint === undefined) {
    return valid(`https://${host(input.region, fips, dualstack)}`)
  }
  return fips
    ? invalid(
      "useFipsEndpoint",
      "cannot be combined with a custom endpoint: FIPS and custom endpoint are not supported"
    )
    : dualstack
    ? invalid(
      "useDualstackEndpoint",
      "cannot be combined with a custom endpoint: Dualstack and custom endpoint are not supported"
    )
    : customEndpoint(input.endpoint)
}
