/** Verifies AWS Signature Version 4 of a request, independently of the client's signer. */
import { sha256Hex } from "#sha256"
import type { HttpRequestMessage } from "./httpMessage.ts"
import { type Authorization, computeSignature, type CredentialScope, parseAuthorization } from "./signature.ts"

/** The credentials that requests must be signed with. */
export interface PlainCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** AWS's error for an invalid signature. */
export interface SignatureError {
  readonly status: number
  readonly code: string
  readonly message: string
}

const service = "sagemaker"
const maxClockSkewMillis = 5 * 60_000

const parseAmzDate = (amzDate: string): number => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

const toAmzDate = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`

const signatureError = (status: number, code: string, message: string): SignatureError => ({ status, code, message })

const invalidSignature = (message: string) => signatureError(403, "InvalidSignatureException", message)

const incompleteSignature = signatureError(
  400,
  "IncompleteSignatureException",
  "The Authorization or x-amz-date header is malformed"
)

const checkCredentials = (
  { headers }: HttpRequestMessage,
  { accessKeyId }: Authorization,
  credentials: PlainCredentials
): SignatureError | undefined =>
  accessKeyId !== credentials.accessKeyId || headers["x-amz-security-token"] !== credentials.sessionToken
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

const checkSignedHeaders = (
  { headers }: HttpRequestMessage,
  { signedHeaders }: Authorization
): SignatureError | undefined => {
  const required = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))]
  const unsigned = required.find((name) => !signedHeaders.includes(name))
  return unsigned === undefined
    ? undefined
    : invalidSignature(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`)
}

const checkDate = (amzDate: string, now: number): SignatureError | undefined => {
  const skew = now - parseAmzDate(amzDate)
  if (skew > maxClockSkewMillis) {
    const earliest = toAmzDate(now - maxClockSkewMillis)
    return invalidSignature(
      `Signature expired: ${amzDate} is now earlier than ${earliest} (${toAmzDate(now)} - 5 min.)`
    )
  }
  if (-skew > maxClockSkewMillis) {
    const latest = toAmzDate(now + maxClockSkewMillis)
    return invalidSignature(
      `Signature not yet current: ${amzDate} is still later than ${latest} (${toAmzDate(now)} + 5 min.)`
    )
  }
  return undefined
}

const checkSignature = async (
  request: HttpRequestMessage,
  authorization: Authorization,
  amzDate: string,
  secretAccessKey: string
): Promise<SignatureError | undefined> => {
  const payloadHash = request.headers["x-amz-content-sha256"]
  const matches = (payloadHash === undefined || payloadHash === await sha256Hex(request.body)) &&
    (await computeSignature(request, authorization, amzDate, secretAccessKey)) === authorization.signature
  return matches
    ? undefined
    : invalidSignature(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access " +
        "Key and signing method. Consult the service documentation for details."
    )
}

/** Returns AWS's error for the request's signature at the time `now`, or `undefined` if the signature is valid. */
export const verifySignature = async (
  request: HttpRequestMessage,
  credentials: PlainCredentials,
  region: string | undefined,
  now: number
): Promise<SignatureError | undefined> => {
  const header = request.headers["authorization"]
  if (header === undefined) {
    return signatureError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
  }
  const authorization = parseAuthorization(header)
  const amzDate = request.headers["x-amz-date"] ?? ""
  if (
    authorization === undefined || Number.isNaN(parseAmzDate(amzDate)) ||
    !amzDate.startsWith(authorization.credentialScope.date)
  ) {
    return incompleteSignature
  }
  return checkCredentials(request, authorization, credentials) ??
    checkCredentialScope(authorization.credentialScope, region) ??
    checkSignedHeaders(request, authorization) ??
    checkDate(amzDate, now) ??
    await checkSignature(request, authorization, amzDate, credentials.secretAccessKey)
}
