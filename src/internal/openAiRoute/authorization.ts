/** The value of the header `Authorization` of a bearer token. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { SigningError } from "../../SageMakerError.ts"

const invalidToken = () =>
  new SigningError({ message: "Could not authorize the request: the bearer token must be printable ASCII" })

/** A token of a custom `BearerToken` can be anything. */
export const authorization = (token: Redacted.Redacted): Either.Either<string, SigningError> =>
  Either.try({ try: () => Redacted.value(token), catch: invalidToken }).pipe(
    Either.filterOrLeft((text) => typeof text === "string" && /^[!-~]+$/.test(text), invalidToken),
    Either.map((text) => `Bearer ${text}`)
  )
