/** The requests that a bearer token is added to. */
import * as Either from "effect/Either"
import { InvalidInputError } from "../../SageMakerError.ts"

const parse = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined)

/** The URL, if it is below the base URL: a token must not be sent anywhere else. */
export const requireBelow = (baseURL: string, url: string): Either.Either<string, InvalidInputError> => {
  const parsed = parse(url)
  return parsed !== undefined && parsed.username === "" && parsed.password === "" &&
      `${parsed.origin}${parsed.pathname}`.startsWith(`${baseURL}/`)
    ? Either.right(url)
    : Either.left(new InvalidInputError({ field: "url", constraint: `a URL below ${baseURL}` }))
}

/** Whether a status means that the token was rejected. */
export const isRejected = (status: number): boolean => status === 401 || status === 403
