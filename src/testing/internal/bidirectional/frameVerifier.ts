/** Verifies the signatures of the frames of a request, which form a chain that starts with the request's signature. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { hex } from "../../../protocol/bytes/bytes.ts"
import type { Authorization, CredentialScope } from "../emulator/authorization.ts"
import { frameSignature, signingKey } from "../emulator/signature.ts"
import { maxClockSkewMillis, type PlainCredentials, toAmzDate } from "../emulator/verifySignature.ts"
import type { Frame } from "./frames.ts"
import { invalidSignature, type RequestRefused } from "./refusal.ts"

/** Verifies the next frame. The frames must be verified in the order of their arrival, one at a time. */
export type FrameVerifier = (frame: Frame) => Effect.Effect<void, RequestRefused>

export const dateHeader = ":date"
export const signatureHeader = ":chunk-signature"

const byteArrayType = 6
const timestampType = 8

/** The encoded headers without the signature: a name with its length, a type, and a value with its length. */
const withoutSignature = ({ headerBytes, headers }: Frame): Uint8Array => {
  const value = headers.get(signatureHeader)!.bytes
  const end = value.byteOffset - headerBytes.byteOffset + value.length
  const start = end - value.length - 3 - signatureHeader.length - 1
  const rest = new Uint8Array(headerBytes.length - (end - start))
  rest.set(headerBytes.subarray(0, start))
  rest.set(headerBytes.subarray(end), start)
  return rest
}

const dateOf = ({ headers }: Frame): number | undefined => {
  const header = headers.get(dateHeader)
  return header?.type === timestampType
    ? Number(new DataView(header.bytes.buffer, header.bytes.byteOffset, 8).getBigInt64(0))
    : undefined
}

const signatureOf = ({ headers }: Frame): string | undefined => {
  const header = headers.get(signatureHeader)
  return header?.type === byteArrayType ? hex(header.bytes) : undefined
}

const mismatch = invalidSignature(
  "The signature of a frame does not match. Each signature is computed from the signature before it, so a frame that is " +
    "changed, missing or out of order fails."
)

/** The date and the signature of a frame. */
const signedFields = (frame: Frame): Effect.Effect<SignedFields, RequestRefused> => {
  const date = dateOf(frame)
  const signature = signatureOf(frame)
  return date === undefined || signature === undefined
    ? invalidSignature(
      `A frame of a signed request must have the headers ${dateHeader} (timestamp) and ${signatureHeader} (bytes).`
    )
    : Effect.succeed({ date, signature })
}

interface SignedFields {
  readonly date: number
  readonly signature: string
}

const checkDate = (date: number): Effect.Effect<void, RequestRefused> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Math.abs(date - now) > maxClockSkewMillis
      ? invalidSignature(
        `The ${dateHeader} of a frame must be within ${maxClockSkewMillis / 60_000} minutes of ${toAmzDate(now)}.`
      )
      : Effect.void)

export const makeFrameVerifier = (
  { credentialScope, signature }: Authorization,
  { secretAccessKey }: PlainCredentials
): FrameVerifier => {
  let prior = signature
  const keys = new Map<string, Promise<Uint8Array>>()
  const keyOf = (scope: CredentialScope) => {
    const key = keys.get(scope.date) ?? signingKey(secretAccessKey, scope)
    keys.set(scope.date, key)
    return key
  }
  const expectedSignature = async (frame: Frame, amzDate: string) => {
    const scope = { ...credentialScope, date: amzDate.slice(0, 8) }
    const toSign = { amzDate, scope, prior, headers: withoutSignature(frame), payload: frame.payload }
    return frameSignature(await keyOf(scope), toSign)
  }
  return (frame) =>
    Effect.gen(function*() {
      const fields = yield* signedFields(frame)
      yield* checkDate(fields.date)
      const expected = yield* Effect.promise(() => expectedSignature(frame, toAmzDate(fields.date)))
      if (fields.signature !== expected) {
        yield* mismatch
      }
      prior = expected
    })
}
