/** Computes AWS Signature Version 4 from a received request; the names are those of AWS's specification. */
import { hmacSha256, hmacSha256Hex, sha256Hex } from "#sha256"
import { encodeSegment } from "../../../protocol/endpoint/path.ts"
import { algorithm, type Authorization, type CredentialScope, terminator } from "./authorization.ts"
import { headerOf, type HttpRequestHead, queryOf } from "./httpMessage.ts"

const compare = (a: string, b: string): number => {
  if (a === b) {
    return 0
  }
  return a < b ? -1 : 1
}

const isSignature = (name: string): boolean => name.toLowerCase() === "x-amz-signature"

const canonicalQueryString = (query: URLSearchParams): string =>
  [...query]
    .filter(([name]) => !isSignature(name))
    .map(([name, value]) => [encodeSegment(name), encodeSegment(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const canonicalHeaders = (request: HttpRequestHead, signedHeaders: ReadonlyArray<string>): string =>
  signedHeaders.map((name) => `${name}:${(headerOf(request, name) ?? "").trim().replace(/[ \t]+/g, " ")}\n`).join("")

/** The parts of a canonical request that depend on the service. */
export interface CanonicalForm {
  /** The canonical URI. */
  readonly path: string
  /** The hash of the body in hexadecimal, or a constant such as `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string
}

const canonicalRequest = (
  request: HttpRequestHead,
  signedHeaders: ReadonlyArray<string>,
  { path, payloadHash }: CanonicalForm
): string =>
  [
    request.method,
    path,
    canonicalQueryString(queryOf(request)),
    canonicalHeaders(request, signedHeaders),
    signedHeaders.join(";"),
    payloadHash
  ].join("\n")

const credentialScopeText = ({ date, region, service }: CredentialScope): string =>
  [date, region, service, terminator].join("/")

const stringToSign = async (amzDate: string, scope: CredentialScope, canonical: string): Promise<string> =>
  [algorithm, amzDate, credentialScopeText(scope), await sha256Hex(canonical)].join("\n")

/** The key that signs requests of one day, region and service. */
export const signingKey = async (secretAccessKey: string, scope: CredentialScope): Promise<Uint8Array> => {
  const dateKey = await hmacSha256(`AWS4${secretAccessKey}`, scope.date)
  const dateRegionKey = await hmacSha256(dateKey, scope.region)
  const dateRegionServiceKey = await hmacSha256(dateRegionKey, scope.service)
  return hmacSha256(dateRegionServiceKey, terminator)
}

/** The signature of the request, as lowercase hexadecimal digits. */
export const computeSignature = async (
  request: HttpRequestHead,
  { amzDate, credentialScope, signedHeaders }: Authorization,
  secretAccessKey: string,
  form: CanonicalForm
): Promise<string> => {
  const canonical = canonicalRequest(request, signedHeaders, form)
  const key = await signingKey(secretAccessKey, credentialScope)
  return hmacSha256Hex(key, await stringToSign(amzDate, credentialScope, canonical))
}

/** What the signature of a frame is computed from. */
export interface FrameToSign {
  readonly amzDate: string
  /** The scope, with the date of the frame. */
  readonly scope: CredentialScope
  /** The signature of the frame before it, or of the request. */
  readonly prior: string
  /** The encoded headers, without the signature. */
  readonly headers: Uint8Array
  readonly payload: Uint8Array
}

/** The signature of one frame of an event stream, as lowercase hexadecimal digits. The key is that of the frame's scope. */
export const frameSignature = async (
  key: Uint8Array,
  { amzDate, headers, payload, prior, scope }: FrameToSign
): Promise<string> => {
  const toSign = [
    `${algorithm}-PAYLOAD`,
    amzDate,
    credentialScopeText(scope),
    prior,
    await sha256Hex(headers),
    await sha256Hex(payload)
  ].join("\n")
  return hmacSha256Hex(key, toSign)
}
