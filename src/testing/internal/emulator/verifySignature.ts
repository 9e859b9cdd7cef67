/** Verifies AWS Signature Version 4 of a request, independently of the client's signer. */
import { sha256Hex } from "#sha256"
import * as Either from "effect/Either"
import { canonicalPath } from "../../../protocol/endpoint/path.ts"
import {
  type Authorization,
  authorizationOf,
  type CredentialScope,
  type SignatureError,
  signatureError
} from "./authorization.ts"
import { headerOf, type HttpRequestHead, type HttpRequestMessage, pathOf } from "./httpMessage.ts"
import { computeSignature } from "./signature.ts"

/** The credentials that requests must be signed with. */
export interface PlainCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

const service = "sagemaker"

/** The largest difference between the time of a signature and the emulator's clock. */
export const maxClockSkewMillis = 5 * 60_000

/** The time of `YYYYMMDDTHHMMSSZ` in milliseconds; `NaN` for any other text. */
export const parseAmzDate = (amzDate: string): number => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** A time as `YYYYMMDDTHHMMSSZ`. */
export const toAmzDate = (millis: number): string =>
  `${new Date(millis).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`

const invalidSignature = (message: string) => signatureError(403, "InvalidSignatureException", message)

const mismatch = invalidSignature(
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access " +
    "Key and signing method. Consult the service documentation for details."
)

const checkCredentials = (
  { accessKeyId, sessionToken }: Authorization,
  credentials: PlainCredentials
): SignatureError | undefined =>
  accessKeyId !== credentials.accessKeyId || sessionToken !== credentials.sessionToken
    ? signatureError(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
    : undefined

const checkCredentialScope = (scope: CredentialScope, region: string | undefined): SignatureError | undefined => {
  if (scope.service !== service) {
    return invalidSignature(`Credential should be scoped to correct service: '${service}'.`)
  }
  return region !== undefined && scope.region !== region
    ? invalidSignature("Credential should be scoped to a valid region.")
    : undefined
}

/** Whether the names are in lowercase, sorted and unique, as Signature Version 4 requires. */
export const isCanonicalList = (names: ReadonlyArray<string>): boolean =>
  names.every((name, at) => name !== "" && name === name.toLowerCase() && (at === 0 || names[at - 1]! < name))

/** The headers that must be signed. AWS SDK for JavaScript signs `:authority` in place of `host` with HTTP/2. */
export const requiredHeaders = ({ headers }: HttpRequestHead, signed: ReadonlySet<string>): ReadonlyArray<string> => [
  signed.has(":authority") ? ":authority" : "host",
  ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))
]

const checkSignedHeaders = (
  request: HttpRequestHead,
  { signedHeaders }: Authorization
): SignatureError | undefined => {
  const signed = new Set(signedHeaders)
  const required = requiredHeaders(request, signed)
  const unsigned = required.find((name) => !signed.has(name))
  if (unsigned !== undefined) {
    return invalidSignature(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
  return isCanonicalList(signedHeaders) && signedHeaders.every((name) => headerOf(request, name) !== undefined)
    ? undefined
    : mismatch
}

const checkExpiry = (amzDate: string, lifetimeMillis: number, now: number): SignatureError | undefined => {
  const earliest = now - lifetimeMillis
  return parseAmzDate(amzDate) < earliest
    ? invalidSignature(
      `Signature expired: ${amzDate} is now earlier than ${toAmzDate(earliest)} ` +
        `(${toAmzDate(now)} - ${lifetimeMillis / 60_000} min.)`
    )
    : undefined
}

const checkDate = (
  { amzDate, credentialScope, expiresSeconds }: Authorization,
  now: number
): SignatureError | undefined => {
  const time = parseAmzDate(amzDate)
  if (Number.isNaN(time)) {
    return signatureError(
      400,
      "IncompleteSignatureException",
      "Date must be in ISO-8601 'basic format', such as 20261123T120000Z"
    )
  }
  if (!amzDate.startsWith(credentialScope.date)) {
    return invalidSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
  }
  if (time - now > maxClockSkewMillis) {
    const latest = toAmzDate(now + maxClockSkewMillis)
    return invalidSignature(
      `Signature not yet current: ${amzDate} is still later than ${latest} (${toAmzDate(now)} + 5 min.)`
    )
  }
  return checkExpiry(amzDate, expiresSeconds === undefined ? maxClockSkewMillis : expiresSeconds * 1_000, now)
}

/** Whether the signature is that of the request with this hash of its body. */
const checkSignature = async (
  request: HttpRequestHead,
  authorization: Authorization,
  secretAccessKey: string,
  payloadHash: string
): Promise<SignatureError | undefined> => {
  const claimedHash = headerOf(request, "x-amz-content-sha256")
  const form = { path: canonicalPath(pathOf(request)), payloadHash }
  const matches = (claimedHash === undefined || claimedHash === payloadHash) &&
    (await computeSignature(request, authorization, secretAccessKey, form)) === authorization.signature
  return matches ? undefined : mismatch
}

/** The authorization of a request whose signature is valid at the time `now`, or AWS's error. */
const verify = async (
  request: HttpRequestHead,
  credentials: PlainCredentials,
  region: string | undefined,
  now: number,
  payloadHash: () => Promise<string> | string
): Promise<Either.Either<Authorization, SignatureError>> => {
  const found = authorizationOf(request)
  if (Either.isLeft(found)) {
    return found
  }
  const authorization = found.right
  const error = checkCredentials(authorization, credentials) ??
    checkCredentialScope(authorization.credentialScope, region) ??
    checkSignedHeaders(request, authorization) ??
    checkDate(authorization, now) ??
    await checkSignature(request, authorization, credentials.secretAccessKey, await payloadHash())
  return error === undefined ? found : Either.left(error)
}

/** Returns AWS's error for the request's signature at the time `now`, or `undefined` if the signature is valid. */
export const verifySignature = async (
  request: HttpRequestMessage,
  credentials: PlainCredentials,
  region: string | undefined,
  now: number
): Promise<SignatureError | undefined> => {
  const verified = await verify(request, credentials, region, now, () => sha256Hex(request.body))
  return Either.isLeft(verified) ? verified.left : undefined
}

/** The payload hash of a request whose body is a stream of signed frames. */
const signedFrames = "STREAMING-AWS4-HMAC-SHA256-EVENTS"

/** The authorization of a request whose body is a stream of signed frames, or AWS's error for its signature. */
export const verifyStreamSignature = (
  request: HttpRequestHead,
  credentials: PlainCredentials,
  region: string | undefined,
  now: number
): Promise<Either.Either<Authorization, SignatureError>> =>
  verify(request, credentials, region, now, () => signedFrames)
