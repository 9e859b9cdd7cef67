/** Bearer tokens of SageMaker: a presigned URL, which is signed locally, as Base64. */
import type { AwsCredentials } from "../../Credentials.ts"
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { encodeSegment } from "../../protocol/endpoint/path.ts"
import {
  algorithm,
  andThen,
  credentialScopeOf,
  secretText,
  signatureOf,
  signingKeyFor,
  timestamp
} from "../signer/signature.ts"

const host = "sagemaker.amazonaws.com"
const emptyBodyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

const tokenPrefix = "sagemaker-api-key-"

/** The region, the time and the lifetime of a token. */
export interface TokenScope {
  readonly region: string
  readonly date: Date
  /** A whole number from 1 to 43,200. */
  readonly expiresSeconds: number
}

/** The parameters in the order of their encoded names. */
const queryString = (parameters: ReadonlyArray<readonly [name: string, value: string]>): string =>
  parameters.map(([name, value]) => `${name}=${encodeSegment(value)}`).join("&")

/** The token of credentials. Throws if they are not plain text. */
export const mint = (credentials: AwsCredentials, { date, expiresSeconds, region }: TokenScope): Awaitable<string> => {
  const time = timestamp(date)
  const credentialScope = credentialScopeOf(time, region, "sagemaker")
  const key = signingKeyFor(credentials, credentialScope)
  const { sessionToken } = credentials
  const query = queryString([
    ["Action", "CallWithBearerToken"],
    ["X-Amz-Algorithm", algorithm],
    ["X-Amz-Credential", key.credential],
    ["X-Amz-Date", time],
    ["X-Amz-Expires", `${expiresSeconds}`],
    ...(sessionToken === undefined ? [] : [["X-Amz-Security-Token", secretText(sessionToken)] as const]),
    ["X-Amz-SignedHeaders", "host"]
  ])
  const canonicalRequest = `POST\n/\n${query}\nhost:${host}\n\nhost\n${emptyBodyHash}`
  return andThen(
    signatureOf(canonicalRequest, time, credentialScope, key),
    (signature) => `${tokenPrefix}${btoa(`${host}/?${query}&X-Amz-Signature=${signature}&Version=1`)}`
  )
}
