import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { AwsCredentials, CredentialsInput } from "../../Credentials.ts"
import { CredentialsError } from "../../SageMakerError.ts"

const redact = (value: unknown): Redacted.Redacted | undefined =>
  Redacted.isRedacted(value) ? redact(Redacted.value(value)) : typeof value === "string" && value !== ""
    ? Redacted.make(value)
    : undefined

const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime())

/** What a key may consist of: visible ASCII, no white space. */
const keyText = /^[!-~]+$/

/** Keys as given, once they are known to be some; the error names the source. */
export const parseCredentials = (source: string, input: unknown): Effect.Effect<AwsCredentials, CredentialsError> => {
  const given: { readonly [K in keyof CredentialsInput]?: unknown } = Predicate.isRecord(input) ? input : {}
  const accessKeyId = redact(given.accessKeyId)
  const secretAccessKey = redact(given.secretAccessKey)
  const sessionToken = redact(given.sessionToken)
  const refuse = (member: string, problem: string) =>
    Effect.fail(new CredentialsError({ message: `The ${member} from ${source} ${problem}`, sources: [source] }))
  if (accessKeyId === undefined) {
    return refuse("access key id", "is missing or empty")
  }
  if (secretAccessKey === undefined) {
    return refuse("secret access key", "is missing or empty")
  }
  const keys = { "access key id": accessKeyId, "secret access key": secretAccessKey, "session token": sessionToken }
  const broken = Object.entries(keys).find(([, key]) => key !== undefined && !keyText.test(Redacted.value(key)))
  return broken === undefined
    ? Effect.succeed({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      ...(isDate(given.expiration) && { expiration: given.expiration })
    })
    : refuse(broken[0], "has characters a key cannot have, such as a line break or a space")
}
