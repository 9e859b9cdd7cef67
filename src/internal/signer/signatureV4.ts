/**
 * AWS Signature Version 4. The steps have the names of AWS's specification.
 *
 * The signer of `@smithy/signature-v4` awaits a promise for every hash, which takes a fifth of a call's CPU time. This
 * signer is synchronous if the runtime has synchronous hash functions, as Node does.
 */
import { sha256Hex } from "#sha256"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Option from "effect/Option"
import type { AwsCredentials } from "../../Credentials.ts"
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { canonicalPath, encodeSegment } from "../../protocol/endpoint/path.ts"
import { memoize } from "../../protocol/function/memoize.ts"
import type { SigningScope } from "../../Signer.ts"
import { withHeaders } from "../operation/request.ts"
import {
  algorithm,
  andThen,
  credentialScopeOf,
  secretText,
  signatureOf,
  signingKeyFor,
  timestamp
} from "./signature.ts"
import { selectSignedHeaders } from "./signedHeaders.ts"

type Request = HttpClientRequest.HttpClientRequest
type Values = { readonly [name: string]: string }

const compare = (a: string, b: string): number => {
  if (a === b) {
    return 0
  }
  return a < b ? -1 : 1
}

const isSignature = (name: string): boolean => name.toLowerCase() === "x-amz-signature"

/**
 * The query in the order of the encoded names, then of the encoded values. Pairs instead of an object by name, because an
 * object would lose a parameter named `__proto__`.
 */
const canonicalQuery = (parameters: URLSearchParams): string =>
  Array.from(parameters)
    .filter(([name]) => !isSignature(name))
    .map(([name, value]) => [encodeSegment(name), encodeSegment(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

/** The parts of a canonical request that depend on the URL only. */
interface CanonicalUrl {
  readonly host: string
  readonly canonicalUri: string
  readonly canonicalQueryString: string
}

const canonicalUrlOf = ({ host, pathname, searchParams }: URL): CanonicalUrl => ({
  host,
  canonicalUri: canonicalPath(pathname),
  canonicalQueryString: canonicalQuery(searchParams)
})

const memoizedCanonicalUrl = memoize((url: string) => canonicalUrlOf(new URL(url)))

const canonicalUrl = (request: Request): CanonicalUrl =>
  request.urlParams.length === 0 && Option.isNone(request.hash)
    ? memoizedCanonicalUrl(request.url)
    : canonicalUrlOf(Option.getOrThrow(HttpClientRequest.toUrl(request)))

const bodyBytes = ({ body }: Request): Uint8Array => {
  if (body._tag === "Uint8Array") {
    return body.body
  }
  if (body._tag === "Empty") {
    return new Uint8Array()
  }
  throw new TypeError("Only a body of bytes can be signed")
}

/** The header with the hash of the body, or with the kind of its signatures. */
export const payloadHashHeader = "x-amz-content-sha256"

/** A hash that the request already has is kept, such as `UNSIGNED-PAYLOAD`. */
const hashedPayload = (request: Request): Awaitable<string> =>
  request.headers[payloadHashHeader] ?? sha256Hex(bodyBytes(request))

const isCanonical = (value: string): boolean => !/^ | $|[\t\r\n]|  /.test(value)

const canonicalValue = (value: string): string =>
  isCanonical(value) ? value : value.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "")

const canonicalHeaders = (headers: Values, signedNames: ReadonlyArray<string>): string => {
  let text = ""
  for (const name of signedNames) {
    text += `${name}:${canonicalValue(headers[name]!)}\n`
  }
  return text
}

const authenticationHeaders = (
  credentials: AwsCredentials,
  payloadHash: string,
  time: string
): Record<string, string> => {
  const headers: Record<string, string> = { [payloadHashHeader]: payloadHash, "x-amz-date": time }
  const sessionToken = credentials.sessionToken === undefined ? "" : secretText(credentials.sessionToken)
  if (sessionToken !== "") {
    headers["x-amz-security-token"] = sessionToken
  }
  return headers
}

const canonicalRequest = (
  request: Request,
  added: Values,
  payloadHash: string
): Awaitable<{ readonly signedHeaders: string; readonly canonical: string }> => {
  const { canonicalQueryString, canonicalUri, host } = canonicalUrl(request)
  if (Object.hasOwn(request.headers, "__proto__")) {
    throw new TypeError("A header named __proto__ cannot be sent")
  }
  const headers: Record<string, string> = Object.assign({}, request.headers, { host }, added)
  return andThen(selectSignedHeaders(Object.keys(headers).join(";")), ({ signedHeaders, signedNames }) => ({
    signedHeaders,
    canonical: `${request.method}\n${canonicalUri}\n${canonicalQueryString}\n` +
      `${canonicalHeaders(headers, signedNames)}\n${signedHeaders}\n${payloadHash}`
  }))
}

const authorizationHeader = (credential: string, signedHeaders: string, signature: string): string =>
  `${algorithm} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`

/** Signs a request with an absolute URL. Its body must be bytes or empty, unless the request has a payload hash. */
export const sign = (
  credentials: AwsCredentials,
  request: Request,
  { date, region, service }: SigningScope & { readonly date: Date }
): Awaitable<Request> =>
  andThen(hashedPayload(request), (payloadHash) => {
    const time = timestamp(date)
    const added = authenticationHeaders(credentials, payloadHash, time)
    return andThen(canonicalRequest(request, added, payloadHash), ({ canonical, signedHeaders }) => {
      const credentialScope = credentialScopeOf(time, region, service)
      const key = signingKeyFor(credentials, credentialScope)
      return andThen(signatureOf(canonical, time, credentialScope, key), (signature) => {
        added["authorization"] = authorizationHeader(key.credential, signedHeaders, signature)
        return withHeaders(request, added)
      })
    })
  })
