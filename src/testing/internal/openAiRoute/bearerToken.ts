/** Verifies bearer tokens, independently of the client that makes them. */
import * as Either from "effect/Either"
import { authorizationOf, type SignatureError, signatureError } from "../emulator/authorization.ts"
import { headerOf, type HttpRequestHead, type HttpRequestMessage, queryOf } from "../emulator/httpMessage.ts"
import { type PlainCredentials, verifySignature } from "../emulator/verifySignature.ts"

const tokenPattern = /^Bearer sagemaker-api-key-([A-Za-z0-9+/]+={0,2})$/
const urlPattern = /^(sagemaker\.amazonaws\.com)(\/\?.*)&Version=1$/
const maxExpiresSeconds = 43_200

const denied = (message: string): SignatureError => signatureError(403, "AccessDeniedException", message)

const decodeBase64 = (text: string): string => {
  try {
    return atob(text)
  } catch {
    return ""
  }
}

/** The request that the token presigns. `Version` was added after signing. */
const presignedRequest = (request: HttpRequestHead): HttpRequestMessage | undefined => {
  const [, encoded = ""] = tokenPattern.exec(headerOf(request, "authorization") ?? "") ?? []
  const [, host, target] = urlPattern.exec(decodeBase64(encoded)) ?? []
  return host === undefined || target === undefined
    ? undefined
    : { method: "POST", target, headers: { host }, body: new Uint8Array() }
}

const checkLifetime = (presigned: HttpRequestMessage): SignatureError | undefined => {
  const authorization = authorizationOf(presigned)
  return Either.isRight(authorization) && (authorization.right.expiresSeconds ?? 0) > maxExpiresSeconds
    ? denied(`X-Amz-Expires must be at most ${maxExpiresSeconds} seconds`)
    : undefined
}

/** Returns the error for the request's token at the time `now`, or `undefined` if the token is valid. */
export const verifyToken = async (
  request: HttpRequestHead,
  credentials: PlainCredentials,
  region: string | undefined,
  now: number
): Promise<SignatureError | undefined> => {
  const presigned = presignedRequest(request)
  if (presigned === undefined) {
    return denied("The request needs a bearer token of SageMaker in its Authorization header")
  }
  if (queryOf(presigned).get("Action") !== "CallWithBearerToken") {
    return denied("The token is not for the action CallWithBearerToken")
  }
  const error = checkLifetime(presigned) ?? await verifySignature(presigned, credentials, region, now)
  return error === undefined ? undefined : denied(error.message)
}
