/** Computes AWS Signature Version 4 from a received request; the names are those of AWS's specification. */
import { hmacSha256, hmacSha256Hex, sha256Hex } from "#sha256"
import { canonicalPath, encodeSegment } from "../../../protocol/endpoint/path.ts"
import type { HttpRequestMessage } from "./httpMessage.ts"

/** The fields of the `Authorization` header. */
export interface Authorization {
  readonly accessKeyId: string
  readonly credentialScope: CredentialScope
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
}

export interface CredentialScope {
  readonly date: string
  readonly region: string
  readonly service: string
}

const algorithm = "AWS4-HMAC-SHA256"
const scopeSuffix = "aws4_request"

const authorizationPattern =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/

export const parseAuthorization = (header: string): Authorization | undefined => {
  const match = authorizationPattern.exec(header)
  if (match === null) {
    return undefined
  }
  const [, accessKeyId = "", date = "", region = "", scopeService = "", signedHeaders = "", signature = ""] = match
  return {
    accessKeyId,
    credentialScope: { date, region, service: scopeService },
    signedHeaders: signedHeaders.split(";"),
    signature
  }
}

const compare = (a: string, b: string): number => {
  if (a === b) {
    return 0
  }
  return a < b ? -1 : 1
}

const canonicalQueryString = (query: string): string =>
  [...new URLSearchParams(query)]
    .map(([name, value]) => [encodeSegment(name), encodeSegment(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const canonicalHeaders = ({ headers }: HttpRequestMessage, signedHeaders: ReadonlyArray<string>): string =>
  signedHeaders.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/[ \t]+/g, " ")}\n`).join("")

const canonicalRequest = async (
  request: HttpRequestMessage,
  signedHeaders: ReadonlyArray<string>
): Promise<string> => {
  const [path = "", query = ""] = request.target.split("?", 2)
  return [
    request.method,
    canonicalPath(path),
    canonicalQueryString(query),
    canonicalHeaders(request, signedHeaders),
    signedHeaders.join(";"),
    await sha256Hex(request.body)
  ].join("\n")
}

const stringToSign = async (amzDate: string, scope: CredentialScope, canonical: string): Promise<string> => {
  const credentialScope = [scope.date, scope.region, scope.service, scopeSuffix].join("/")
  return [algorithm, amzDate, credentialScope, await sha256Hex(canonical)].join("\n")
}

const signingKey = async (secretAccessKey: string, scope: CredentialScope): Promise<Uint8Array> => {
  const dateKey = await hmacSha256(`AWS4${secretAccessKey}`, scope.date)
  const dateRegionKey = await hmacSha256(dateKey, scope.region)
  const dateRegionServiceKey = await hmacSha256(dateRegionKey, scope.service)
  return hmacSha256(dateRegionServiceKey, scopeSuffix)
}

/** The signature of the request, as lowercase hexadecimal digits. */
export const computeSignature = async (
  request: HttpRequestMessage,
  { credentialScope, signedHeaders }: Authorization,
  amzDate: string,
  secretAccessKey: string
): Promise<string> => {
  const canonical = await canonicalRequest(request, signedHeaders)
  const key = await signingKey(secretAccessKey, credentialScope)
  return hmacSha256Hex(key, await stringToSign(amzDate, credentialScope, canonical))
}
