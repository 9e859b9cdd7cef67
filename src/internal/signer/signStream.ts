/** Signs a request whose body is a stream of frames, and each frame with the credentials of the request. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type { AwsCredentials } from "../../Credentials.ts"
import { CredentialsError, type SigningError } from "../../SageMakerError.ts"
import type { SignedStream, SigningScope } from "../../Signer.ts"
import { withHeaders } from "../operation/request.ts"
import { makeSignFrame, requestSignature, signedFramesPayload } from "./frameSignature.ts"
import { payloadHashHeader, sign } from "./signatureV4.ts"
import { signingEffect, signingError } from "./signingEffect.ts"

const expired = () =>
  new CredentialsError({
    message: "The credentials expired while the request was being sent: start another stream with new credentials",
    sources: ["the signer of the stream"]
  })

export const signStream = (
  credentials: AwsCredentials,
  request: HttpClientRequest.HttpClientRequest,
  scope: SigningScope & { readonly date: Date }
): Effect.Effect<SignedStream, SigningError> =>
  Effect.flatMap(
    signingEffect(() => sign(credentials, withHeaders(request, { [payloadHashHeader]: signedFramesPayload }), scope)),
    (signed) => {
      const seed = requestSignature(signed.headers["authorization"])
      if (seed === undefined) {
        return Effect.fail(signingError())
      }
      const signFrame = makeSignFrame(credentials, scope, seed)
      const { expiration } = credentials
      return Effect.succeed<SignedStream>({
        request: signed,
        signFrame: (frame, date) =>
          expiration !== undefined && date >= expiration
            ? Effect.fail(expired())
            : signingEffect(() => signFrame(frame, date))
      })
    }
  )
