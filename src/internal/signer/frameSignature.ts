/** Signs the frames of a request body: each signature depends on the previous signature. */
import { hmacSha256, sha256Hex } from "#sha256"
import type { AwsCredentials } from "../../Credentials.ts"
import { hex } from "../../protocol/bytes/bytes.ts"
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { encodeDateHeader } from "../../protocol/eventStream/signedFrame.ts"
import type { SigningScope } from "../../Signer.ts"
import { algorithm, andThen, credentialScopeOf, signingKeyFor, timestamp } from "./signature.ts"

/** The value of the header `x-amz-content-sha256` of a request whose frames are signed. */
export const signedFramesPayload = "STREAMING-AWS4-HMAC-SHA256-EVENTS"

/** The signature of a request, as hexadecimal digits, from its `authorization` header. */
export const requestSignature = (authorization: string | undefined): string | undefined =>
  /Signature=([0-9a-f]{64})$/.exec(authorization ?? "")?.[1]

/** The signature of the next frame. `prior` is the signature before it, as hexadecimal digits. */
export const signFrame = (
  credentials: AwsCredentials,
  { region, service }: Pick<SigningScope, "region" | "service">,
  prior: string,
  frame: Uint8Array,
  date: Date
): Awaitable<Uint8Array> => {
  const time = timestamp(date)
  const credentialScope = credentialScopeOf(time, region, service)
  return andThen(sha256Hex(encodeDateHeader(date)), (headersHash) =>
    andThen(sha256Hex(frame), (frameHash) =>
      andThen(
        signingKeyFor(credentials, credentialScope).signingKey,
        (key) =>
          hmacSha256(
            key,
            `${algorithm}-PAYLOAD\n${time}\n${credentialScope}\n${prior}\n${headersHash}\n${frameHash}`
          )
      )))
}

/** Signs frames in their order, one at a time. */
export const makeSignFrame = (
  credentials: AwsCredentials,
  scope: Pick<SigningScope, "region" | "service">,
  seed: string
): (frame: Uint8Array, date: Date) => Awaitable<Uint8Array> => {
  let prior = seed
  return (frame, date) =>
    andThen(signFrame(credentials, scope, prior, frame, date), (signature) => {
      prior = hex(signature)
      return signature
    })
}
