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

const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime())

const printableAscii = /^[!-~]+$/

/** The credentials of an input. The error names the source and the invalid field, but no value. */
export const parseCredentials = (source: string, input: unknown): Effect.Effect<AwsCredentials, CredentialsError> => {
  const fields: { readonly [K in keyof CredentialsInput]?: unknown } = Predicate.isRecord(input) ? input : {}
  const accessKeyId = redact(fields.accessKeyId)
  const secretAccessKey = redact(fields.secretAccessKey)
  const sessionToken = redact(fields.sessionToken)
  const fail = (field: string, problem: string) =>
    Effect.fail(new CredentialsError({ message: `The ${field} from ${source} ${problem}`, sources: [source] }))
  if (accessKeyId === undefined) {
    return fail("access key ID", "is missing or empty")
  }
  if (secretAccessKey === undefined) {
    return fail("secret access key", "is missing or empty")
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
      ...(isDate(fields.expiration) && { expiration: fields.expiration })
    })
    : fail(invalid[0], "must be printable ASCII without spaces")
}
