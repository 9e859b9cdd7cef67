/** Validates credentials from any source. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { AwsCredentials, CredentialsInput } from "../../Credentials.ts"
import { CredentialsError } from "../../SageMakerError.ts"

const redact = (value: unknown): Redacted.Redacted | undefined => {
  if (Redacted.isRedacted(value)) {
    return redact(Redacted.value(value))
  }
  return typeof value === "string" && value !== "" ? Redacted.make(value) : undefined
}

/** A copy of a date, because a `Date` can be changed; `undefined` if it is no valid `Date`. */
const copyDate = (value: unknown): Date | undefined =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? new Date(value.getTime()) : undefined

const printableAscii = /^[!-~]+$/

/** Describes what is wrong with an input. */
type Fail = (field: string, problem: string) => Effect.Effect<never, CredentialsError>

const parse = (input: unknown, fail: Fail): Effect.Effect<AwsCredentials, CredentialsError> => {
  const fields: { readonly [K in keyof CredentialsInput]?: unknown } = Predicate.isRecord(input) ? input : {}
  const accessKeyId = redact(fields.accessKeyId)
  const secretAccessKey = redact(fields.secretAccessKey)
  const sessionToken = redact(fields.sessionToken)
  const { expiration: expiry } = fields
  const expiration = copyDate(expiry)
  if (accessKeyId === undefined) {
    return fail("access key ID", "is missing or empty")
  }
  if (secretAccessKey === undefined) {
    return fail("secret access key", "is missing or empty")
  }
  if (expiration === undefined && expiry !== undefined && expiry !== null) {
    return fail("expiration", "must be a valid Date")
  }
  const values = { "access key ID": accessKeyId, "secret access key": secretAccessKey, "session token": sessionToken }
  const invalid = Object.entries(values).find(([, value]) =>
    value !== undefined && !printableAscii.test(Redacted.value(value))
  )
  return invalid === undefined
    ? Effect.succeed({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      ...(expiration && { expiration })
    })
    : fail(invalid[0], "must be printable ASCII without spaces")
}

/** The credentials of an input. The error names the source and the invalid field, but no value. */
export const parseCredentials = (source: string, input: unknown): Effect.Effect<AwsCredentials, CredentialsError> => {
  const fail = (field: string, problem: string) =>
    Effect.fail(new CredentialsError({ message: `The ${field} from ${source} ${problem}`, sources: [source] }))
  try {
    return parse(input, fail)
  } catch {
    return fail("object with credentials", "cannot be read: one of its members throws")
  }
}
