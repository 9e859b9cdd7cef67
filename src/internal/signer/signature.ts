/**
 * The steps of AWS Signature Version 4 that the signatures in a header and in a URL share, with the names of AWS's
 * specification.
 */
import { hmacSha256, hmacSha256Hex, sha256Hex } from "#sha256"
import * as Redacted from "effect/Redacted"
import type { AwsCredentials } from "../../Credentials.ts"
import type { Awaitable } from "../../protocol/bytes/sha256.ts"
import { memoize } from "../../protocol/function/memoize.ts"

export const algorithm = "AWS4-HMAC-SHA256"

/** Continues immediately with a value, or later with the value of a promise. */
export const andThen = <A, B>(value: Awaitable<A>, use: (value: A) => Awaitable<B>): Awaitable<B> =>
  value instanceof Promise ? value.then(use) : use(value)

/** The credential scope of a time such as `20261128T120000Z`. */
export const credentialScopeOf = (time: string, region: string, service: string): string =>
  `${time.slice(0, 8)}/${region}/${service}/aws4_request`

export const secretText = (secret: Redacted.Redacted): string => {
  const value: unknown = Redacted.value(secret)
  if (typeof value !== "string") {
    throw new TypeError("Credentials must be text")
  }
  return value
}

/** The signing key of a credential scope, and its credential for the authorization. */
interface SigningKey {
  readonly credential: string
  readonly signingKey: Awaitable<string | Uint8Array>
}

/** The parts of a credential scope are exactly the inputs from which the key is derived. */
const signingKeysOf = (credentials: AwsCredentials) =>
  memoize((credentialScope): SigningKey => ({
    credential: `${secretText(credentials.accessKeyId)}/${credentialScope}`,
    signingKey: credentialScope.split("/").reduce<Awaitable<string | Uint8Array>>(
      (key, part) => andThen(key, (derived) => hmacSha256(derived, part)),
      `AWS4${secretText(credentials.secretAccessKey)}`
    )
  }))

const signingKeys = new WeakMap<AwsCredentials, (credentialScope: string) => SigningKey>()

export const signingKeyFor = (credentials: AwsCredentials, credentialScope: string): SigningKey => {
  const keysOf = signingKeys.get(credentials) ?? signingKeysOf(credentials)
  signingKeys.set(credentials, keysOf)
  return keysOf(credentialScope)
}

let lastTimestamp = { second: NaN, text: "" }

/** A time as `YYYYMMDDTHHMMSSZ`. The last one is kept, because most requests are signed within the same second. */
export const timestamp = (date: Date): string => {
  const second = Math.floor(date.getTime() / 1_000)
  if (second !== lastTimestamp.second) {
    lastTimestamp = { second, text: `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z` }
  }
  return lastTimestamp.text
}

const stringToSign = (time: string, credentialScope: string, canonicalRequestHash: string): string =>
  `${algorithm}\n${time}\n${credentialScope}\n${canonicalRequestHash}`

/** The signature of a canonical request, as hexadecimal digits. */
export const signatureOf = (
  canonicalRequest: string,
  time: string,
  credentialScope: string,
  { signingKey }: SigningKey
): Awaitable<string> =>
  andThen(
    sha256Hex(canonicalRequest),
    (hash) => andThen(signingKey, (key) => hmacSha256Hex(key, stringToSign(time, credentialScope, hash)))
  )
