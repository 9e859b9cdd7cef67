/** Computes AWS Signature Version 4 from a received request; the names are those of AWS's specification. */
import { hmacSha256, hmacSha256Hex, sha256Hex } from "#sha256"
import { canonicalPath, encodeSegment } from "../../../protocol/endpoint/path.ts"
import { algorithm, type Authorization, type CredentialScope, terminator } from "./authorization.ts"
import { headerOf, type HttpRequestMessage, pathOf, queryOf } from "./httpMessage.ts"

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

const canonicalHeaders = (request: HttpRequestMessage, signedHeaders: ReadonlyArray<string>): string =>
  signedHeaders.map((name) => `${name}:${(headerOf(request, name) ?? "").trim().replace(/[ \t]+/g, " ")}\n`).join("")

const canonicalRequest = async (
  request: HttpRequestMessage,
  signedHeaders: ReadonlyArray<string>
): Promise<string> =>
  [
    request.method,
    canonicalPath(pathOf(request)),
    canonicalQueryString(queryOf(request)),
    canonicalHeaders(request, signedHeaders),
    signedHeaders.join(";"),
    await sha256Hex(request.body)
  ].join("\n")

const stringToSign = async (amzDate: string, scope: CredentialScope, canonical: string): Promise<string> => {
  const credentialScope = [scope.date, scope.region, scope.service, terminator].join("/")
  return [algorithm, amzDate, credentialScope, await sha256Hex(canonical)].join("\n")
}

const signingKey = async (secretAccessKey: string, scope: CredentialScope): Promise<Uint8Array> => {
  const dateKey = await hmacSha256(`AWS4${secretAccessKey}`, scope.date)
  const dateRegionKey = await hmacSha256(dateKey, scope.region)
  const dateRegionServiceKey = await hmacSha256(dateRegionKey, scope.service)
  return hmacSha256(dateRegionServiceKey, terminator)
}

/** The signature of the request, as lowercase hexadecimal digits. */
export const computeSignature = async (
  request: HttpRequestMessage,
  { amzDate, credentialScope, signedHeaders }: Authorization,
  secretAccessKey: string
): Promise<string> => {
  const canonical = await canonicalRequest(request, signedHeaders)
  const key = await signingKey(secretAccessKey, credentialScope)
  return hmacSha256Hex(key, await stringToSign(amzDate, credentialScope, canonical))
}
