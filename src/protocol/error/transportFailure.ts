import { meaningOfCode, notSent } from "#transportCodes"
import { connectionLost, type TransportFailure, unknownCode } from "./codeMeaning.ts"

const browserNetworkErrors = new Set([
  "Failed to fetch",
  "NetworkError when attempting to fetch resource",
  "The Internet connection appears to be offline",
  "Load failed",
  "Network request failed",
  "Network connection lost."
])

interface ErrorLike {
  readonly code?: unknown
  readonly name?: unknown
  readonly syscall?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
  readonly requestSent?: unknown
}

const maxNestedErrors = 50

/**
 * An error and all errors nested in it. `fetch` wraps the socket's error, which wraps one error per IP address.
 *
 * The errors per address come first. The error around them has the code of one of them, but not its system call.
 */
const nestedErrors = (error: unknown): ReadonlyArray<ErrorLike> => {
  const visited = new Set<ErrorLike>()
  const visit = (value: unknown): ReadonlyArray<ErrorLike> => {
    if (typeof value !== "object" || value === null || visited.has(value) || visited.size === maxNestedErrors) {
      return []
    }
    visited.add(value)
    const { cause, errors }: ErrorLike = value
    return [...(Array.isArray(errors) ? errors.flatMap(visit) : []), value, ...visit(cause)]
  }
  return visit(error)
}

const classifyError = (error: ErrorLike, hasResponse: boolean): TransportFailure | undefined => {
  const { message, syscall } = error
  for (const code of [error.code, error.name]) {
    if (typeof code === "string") {
      const known = meaningOfCode(code, { message, syscall, hasResponse })
      if (known !== undefined) {
        return { code, ...known }
      }
    }
  }
  return undefined
}

const classifyErrors = (errors: ReadonlyArray<ErrorLike>, hasResponse: boolean): TransportFailure => {
  for (const error of errors) {
    const classified = classifyError(error, hasResponse)
    if (classified !== undefined) {
      return classified
    }
  }
  return errors.some(({ message }) => typeof message === "string" && browserNetworkErrors.has(message))
    ? { ...connectionLost, code: undefined }
    : { ...unknownCode, code: undefined }
}

/**
 * Classifies the error of an HTTP client by the codes and names in it and in its causes.
 *
 * An HTTP client adds a cause with `requestSent: false` if it sent nothing. `hasResponse` is `true` after the response
 * headers. An error whose members throw has no code.
 */
export const transportFailure = (error: unknown, hasResponse = false): TransportFailure => {
  try {
    return classifyNested(nestedErrors(error), hasResponse)
  } catch {
    return { ...unknownCode, code: undefined }
  }
}

const classifyNested = (errors: ReadonlyArray<ErrorLike>, hasResponse: boolean): TransportFailure => {
  const classified = classifyErrors(errors, hasResponse)
  return errors.some(({ requestSent }) => requestSent === false) ? notSent(classified) : classified
}

/** The connect timeout in milliseconds, if the message of an HTTP client's error contains it. */
export const connectTimeoutMillis = (error: unknown): number | undefined => {
  const [millis] = nestedErrors(error).flatMap(({ message }) =>
    typeof message === "string" ? /\btimeout: (\d+)ms/.exec(message)?.[1] ?? [] : []
  )
  return millis === undefined ? undefined : Number(millis)
}
