/** Checks AWS Signature Version 4 on a received request by computing the signature again, apart from the signer. */
import { hmacSha256, hmacSha256Hex, sha256Hex } from "#sha256"
import { canonicalPath, encodeSegment } from "../../../protocol/endpoint/path.ts"
import type { ReceivedRequest } from "./wire.ts"

/** The keys a signature must be made with. */
export interface KnownKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What is wrong with a signature: AWS's status, code and words. */
export interface SignatureProblem {
  readonly status: number
  readonly code: string
  readonly message: string
}

const service = "sagemaker"
const toleranceMillis = 5 * 60_000

const problem = (status: number, code: string, message: string): SignatureProblem => ({ status, code, message })
const invalid = (message: string) => problem(403, "InvalidSignatureException", message)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const canonicalQuery = (query: string): string =>
  [...new URLSearchParams(query)]
    .map(([name, value]) => [encodeSegment(name), encodeSegment(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

interface Claim {
  readonly accessKeyId: string
  readonly shortDate: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: ReadonlyArray<string>
  readonly signature: string
}

const claimPattern =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/

const parseClaim = (authorization: string): Claim | undefined => {
  const [, accessKeyId, shortDate, region, claimedService, signedHeaders, signature] =
    claimPattern.exec(authorization) ?? []
  return accessKeyId === undefined || shortDate === undefined || region === undefined ||
      claimedService === undefined || signedHeaders === undefined || signature === undefined
    ? undefined
    : { accessKeyId, shortDate, region, service: claimedService, signedHeaders: signedHeaders.split(";"), signature }
}

const parseLongDate = (text: string | undefined): number => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "") ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

const longDate = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`

const dateProblem = (sent: string, sentMillis: number, now: number): SignatureProblem | undefined =>
  now - sentMillis > toleranceMillis
    ? invalid(
      `Signature expired: ${sent} is now earlier than ${longDate(now - toleranceMillis)} (${longDate(now)} - 5 min.)`
    )
    : sentMillis - now > toleranceMillis
    ? invalid(
      `Signature not yet current: ${sent} is still later than ${longDate(now + toleranceMillis)} (${
        longDate(now)
      } + 5 min.)`
    )
    : undefined

const unsigned = (received: ReceivedRequest, claim: Claim): string | undefined => {
  const required = Object.keys(received.headers).filter((name) => name === "host" || name.startsWith("x-amz-"))
  return ["host", ...required].find((name) => !claim.signedHeaders.includes(name))
}

const signatureOf = async (received: ReceivedRequest, claim: Claim, date: string, secret: string): Promise<string> => {
  const [path = "", query = ""] = received.target.split("?", 2)
  const headers = claim.signedHeaders.map((name) =>
    `${name}:${(received.headers[name] ?? "").trim().replace(/[ \t]+/g, " ")}\n`
  )
  const canonicalRequest = [
    received.method,
    canonicalPath(path),
    canonicalQuery(query),
    headers.join(""),
    claim.signedHeaders.join(";"),
    await sha256Hex(received.body)
  ].join("\n")
  const scope = `${claim.shortDate}/${claim.region}/${claim.service}/aws4_request`
  const stringToSign = ["AWS4-HMAC-SHA256", date, scope, await sha256Hex(canonicalRequest)].join("\n")
  const parts = [claim.shortDate, claim.region, claim.service, "aws4_request"]
  const key = await parts.reduce<Promise<string | Uint8Array>>(
    async (last, part) => hmacSha256(await last, part),
    Promise.resolve(`AWS4${secret}`)
  )
  return hmacSha256Hex(key, stringToSign)
}

/** What is wrong with the request's signature at the time `now`, or nothing. */
export const verifySignature = async (
  received: ReceivedRequest,
  keys: KnownKeys,
  region: string | undefined,
  now: number
): Promise<SignatureProblem | undefined> => {
  const authorization = received.headers["authorization"]
  if (authorization === undefined) {
    return problem(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
  }
  const claim = parseClaim(authorization)
  const date = received.headers["x-amz-date"] ?? ""
  const sentMillis = parseLongDate(date)
  if (claim === undefined || Number.isNaN(sentMillis) || !date.startsWith(claim.shortDate)) {
    return problem(400, "IncompleteSignatureException", "The Authorization header or the date is malformed")
  }
  if (claim.accessKeyId !== keys.accessKeyId || received.headers["x-amz-security-token"] !== keys.sessionToken) {
    return problem(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
  }
  if (claim.service !== service) {
    return invalid(`Credential should be scoped to correct service: '${service}'.`)
  }
  if (region !== undefined && claim.region !== region) {
    return invalid("Credential should be scoped to a valid region.")
  }
  const missing = unsigned(received, claim)
  if (missing !== undefined) {
    return invalid(`'${missing}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
  const outOfTime = dateProblem(date, sentMillis, now)
  if (outOfTime !== undefined) {
    return outOfTime
  }
  const hashed = received.headers["x-amz-content-sha256"]
  const mismatched = (hashed !== undefined && hashed !== await sha256Hex(received.body)) ||
    (await signatureOf(received, claim, date, keys.secretAccessKey)) !== claim.signature
  return mismatched
    ? invalid(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access " +
        "Key and signing method. Consult the service documentation for details."
    )
    : undefined
}
