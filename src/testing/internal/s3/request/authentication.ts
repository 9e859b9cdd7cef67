/** Verifies AWS Signature Version 4 of a request to Amazon S3. */
import { hmacSha256Hex, sha256Hex } from "#sha256"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { encodeSegment } from "../../../../protocol/endpoint/path.ts"
import { type Authorization, authorizationOf, type SignatureError, terminator } from "../../emulator/authorization.ts"
import { headerOf, type HttpRequestHead, pathOf, queryOf } from "../../emulator/httpMessage.ts"
import { computeSignature, signingKey } from "../../emulator/signature.ts"
import {
  isCanonicalList,
  parseAmzDate,
  type PlainCredentials,
  requiredHeaders
} from "../../emulator/verifySignature.ts"
import { type S3Error, s3Error } from "../error.ts"

const service = "s3"
const maxClockSkewMillis = 15 * 60_000

/** The hash of a body that is not part of the signature. */
export const unsignedPayload = "UNSIGNED-PAYLOAD"

/** Signs a chunk or the trailers of a body, each after the one before it. */
export type ChunkSigner = (kind: "PAYLOAD" | "TRAILER", ...hashes: ReadonlyArray<string>) => Effect.Effect<string>

/** A request with a valid signature. */
export interface Authenticated {
  /** `undefined` if the emulator accepts requests without a signature, and therefore any signature. */
  readonly chunkSigner: ChunkSigner | undefined
}

/** Whether the authorization is in the query of a presigned URL. */
export const isPresigned = (request: HttpRequestHead): boolean =>
  headerOf(request, "authorization") === undefined && queryOf(request).has("X-Amz-Signature")

/** The service in the credential scope of the request; `undefined` if the request has no credential. */
export const signedService = (request: HttpRequestHead): string | undefined => {
  const header = headerOf(request, "authorization")
  const credential = header === undefined
    ? queryOf(request).get("X-Amz-Credential")
    : /\bCredential=([^,\s]*)/.exec(header)?.[1]
  return credential?.split("/").at(-2)
}

/** The error of Amazon S3 for an authorization that is missing or cannot be read. */
const toS3Error = (request: HttpRequestHead) => ({ code, message }: SignatureError): S3Error => {
  const header = headerOf(request, "authorization")
  if (code === "MissingAuthenticationTokenException") {
    return s3Error("AccessDenied")
  }
  if (header === undefined) {
    return s3Error("AuthorizationQueryParametersError", message)
  }
  return header.startsWith("AWS4-HMAC-SHA256 ")
    ? s3Error("AuthorizationHeaderMalformed", message)
    : s3Error(
      "InvalidRequest",
      "The authorization mechanism that you provided is not supported. Use AWS4-HMAC-SHA256."
    )
}

const malformed = (request: HttpRequestHead, text: string, details?: Record<string, string>): S3Error =>
  s3Error(isPresigned(request) ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed", text, {
    details
  })

const checkCredentials = (
  { accessKeyId, sessionToken }: Authorization,
  credentials: PlainCredentials
): S3Error | undefined => {
  if (accessKeyId !== credentials.accessKeyId) {
    return s3Error("InvalidAccessKeyId")
  }
  return sessionToken === credentials.sessionToken ? undefined : s3Error("InvalidToken")
}

const checkScope = (
  request: HttpRequestHead,
  { amzDate, credentialScope }: Authorization,
  region: string | undefined
): S3Error | undefined => {
  if (credentialScope.service !== service) {
    return malformed(request, `Credential should be scoped to correct service: '${service}'.`)
  }
  if (region !== undefined && credentialScope.region !== region) {
    return s3Error(
      isPresigned(request) ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
      `The authorization header is malformed; the region '${credentialScope.region}' is wrong; expecting '${region}'`,
      { details: { Region: region }, headers: { "x-amz-bucket-region": region } }
    )
  }
  return amzDate.startsWith(credentialScope.date)
    ? undefined
    : malformed(request, "Invalid credential date. Date is not the same as X-Amz-Date.")
}

const checkSignedHeaders = (request: HttpRequestHead, { signedHeaders }: Authorization): S3Error | undefined => {
  const signed = new Set(signedHeaders)
  const required = requiredHeaders(request, signed)
  const unsigned = required.filter((name) => !signed.has(name))
  if (unsigned.length > 0) {
    return s3Error("AccessDenied", "There were headers present in the request which were not signed", {
      details: { HeadersNotSigned: unsigned.join(", ") }
    })
  }
  return isCanonicalList(signedHeaders) && signedHeaders.every((name) => headerOf(request, name) !== undefined)
    ? undefined
    : s3Error("SignatureDoesNotMatch")
}

const checkDate = (
  request: HttpRequestHead,
  { amzDate, expiresSeconds }: Authorization,
  now: number
): S3Error | undefined => {
  const time = parseAmzDate(amzDate)
  if (Number.isNaN(time)) {
    return malformed(request, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  }
  if (expiresSeconds !== undefined && now > time + expiresSeconds * 1_000) {
    return s3Error("AccessDenied", "Request has expired")
  }
  if (time - now > maxClockSkewMillis) {
    return s3Error("RequestTimeTooSkewed")
  }
  return expiresSeconds === undefined && now - time > maxClockSkewMillis ? s3Error("RequestTimeTooSkewed") : undefined
}

/** Encodes the path once, as Amazon S3 does. Clients can encode fewer or more characters. */
const canonicalPath = (path: string): string => {
  try {
    return path.split("/").map((segment) => encodeSegment(decodeURIComponent(segment))).join("/")
  } catch {
    return path
  }
}

const payloadHashOf = (request: HttpRequestHead): Either.Either<string, S3Error> => {
  const hash = headerOf(request, "x-amz-content-sha256")
  if (isPresigned(request)) {
    return Either.right(hash ?? queryOf(request).get("X-Amz-Content-Sha256") ?? unsignedPayload)
  }
  return Either.fromNullable(
    hash,
    () => s3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
  )
}

/** Signs each chunk with the signature of the one before it; the first one with that of the request. */
const makeChunkSigner = (
  { amzDate, credentialScope: scope, signature }: Authorization,
  key: Uint8Array
): ChunkSigner => {
  let previous = signature
  return (kind, ...hashes) =>
    Effect.promise(async () => {
      const credentialScope = [scope.date, scope.region, scope.service, terminator].join("/")
      const text = [`AWS4-HMAC-SHA256-${kind}`, amzDate, credentialScope, previous, ...hashes].join("\n")
      previous = await hmacSha256Hex(key, text)
      return previous
    })
}

/** The hash of no bytes, which is part of the signature of each chunk. */
export const emptyHash = sha256Hex("")

const verify = (
  request: HttpRequestHead,
  authorization: Authorization,
  { secretAccessKey }: PlainCredentials
): Effect.Effect<Authenticated, S3Error> =>
  Effect.gen(function*() {
    const form = { path: canonicalPath(pathOf(request)), payloadHash: yield* payloadHashOf(request) }
    const signature = yield* Effect.promise(() => computeSignature(request, authorization, secretAccessKey, form))
    if (signature !== authorization.signature) {
      return yield* s3Error("SignatureDoesNotMatch")
    }
    const key = yield* Effect.promise(() => signingKey(secretAccessKey, authorization.credentialScope))
    return { chunkSigner: makeChunkSigner(authorization, key) }
  })

/** Verifies the signature of a request, without its body. */
export const authenticate = (
  request: HttpRequestHead,
  credentials: PlainCredentials | undefined,
  region: string | undefined
): Effect.Effect<Authenticated, S3Error> =>
  Effect.gen(function*() {
    if (credentials === undefined) {
      return { chunkSigner: undefined }
    }
    const authorization = yield* Either.mapLeft(authorizationOf(request), toS3Error(request))
    const problem = checkCredentials(authorization, credentials) ??
      checkScope(request, authorization, region) ??
      checkSignedHeaders(request, authorization) ??
      checkDate(request, authorization, yield* Clock.currentTimeMillis)
    return problem === undefined ? yield* verify(request, authorization, credentials) : yield* problem
  })
