/** Reads the errors of the OpenAI-compatible route: `{"error":{"message","type","code"}}`. */
import * as Predicate from "effect/Predicate"
import type { ErrorResponse, ParsedError } from "../../Operation.ts"
import { isAccessDeniedCode, parseError } from "../../protocol/error/errorCode.ts"
import { isStatus } from "../../protocol/error/status.ts"
import { isThrottlingCode } from "../../protocol/retry/retry.ts"

/** The members of an error that the route reports. */
interface Envelope {
  readonly message: string
  readonly type: unknown
  readonly code: unknown
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

const envelopeOf = (body: string): Envelope | undefined => {
  try {
    const value: unknown = JSON.parse(body)
    const error = Predicate.isRecord(value) ? value["error"] : undefined
    if (Predicate.isRecord(error)) {
      return { message: textOf(error["message"]), type: error["type"], code: error["code"] }
    }
    return typeof error === "string" ? { message: error, type: undefined, code: undefined } : undefined
  } catch {
    return undefined
  }
}

const modeledCodes = new Set([
  "ModelError",
  "ModelNotReadyException",
  "ValidationError",
  "InternalFailure",
  "ServiceUnavailable",
  "InternalDependencyException"
])

const isKnownCode = (code: string): boolean =>
  modeledCodes.has(code) || isAccessDeniedCode(code) || isThrottlingCode(code)

/** The service's code for a name such as `validation_error`. */
const serviceCode = (name: unknown): string | undefined => {
  const code = textOf(name).replace(/(?:^|[_-])([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return [code, `${code}Exception`].find(isKnownCode)
}

const codesByStatus = new Map([
  [401, "UnauthorizedException"],
  [403, "AccessDeniedException"],
  [424, "ModelError"],
  [500, "InternalFailure"],
  [503, "ServiceUnavailable"],
  [530, "InternalDependencyException"]
])

/** The beginning of the service's text for an error response of the container. The container's name can be any. */
const containerError = /^\s*Received (?:client|server) error \((\d{1,3})\) from [^"]{0,512}? with message "/

const quotationEnd = "\". See "

/** The container's response that the text quotes: up to the service's own words, or up to the last quote. */
const quotedBody = (text: string): string => {
  const ends = [text.lastIndexOf(quotationEnd), text.lastIndexOf("\"")]
  return text.slice(0, ends.find((end) => end >= 0))
}

const modelError = (OriginalStatusCode: number | undefined, OriginalMessage: string, body: string): ParsedError => ({
  code: "ModelError",
  message: undefined,
  members: { OriginalStatusCode, OriginalMessage },
  body
})

/** A status that a container writes as the code of its error. The service's own codes are names. */
const containerStatus = ({ code }: Envelope): number | undefined =>
  typeof code === "number" && isStatus(code) ? code : undefined

/** Whether the status is one with which the route passes an error response of the container on. */
const isContainerStatus = (status: number): boolean =>
  status >= 400 && status <= 499 && status !== 413 && status !== 429

const fromEnvelope = (status: number, envelope: Envelope, headerCode: string | undefined): ParsedError => {
  const { code, message, type } = envelope
  const found = containerError.exec(message)
  if (found !== null) {
    return modelError(Number(found[1]), quotedBody(message.slice(found[0].length)), message)
  }
  const known = serviceCode(headerCode) ?? serviceCode(code) ?? serviceCode(type)
  const reported = containerStatus(envelope)
  const isContainer = known === undefined && (status === 424 || (reported !== undefined && isContainerStatus(status)))
  return known === "ModelError" || isContainer
    ? modelError(reported, message, message)
    : { code: known ?? codesByStatus.get(status), message: undefined, members: {}, body: message }
}

const accessDenied = (status: number, body: string, ...codes: ReadonlyArray<string | undefined>): ParsedError => ({
  code: codes.find((code) => code !== undefined && isAccessDeniedCode(code)) ?? codesByStatus.get(status),
  message: undefined,
  members: {},
  body
})

/**
 * Reads an error response of the route. The service's text is never a part of the message, because it contains the
 * account number, the URL of a log, and the container's response.
 */
export const parseRouteError = ({ body, headers, status }: ErrorResponse): ParsedError => {
  const { code, members: { LogStreamArn: _, ...members }, message } = parseError(headers["x-amzn-errortype"], body)
  const envelope = envelopeOf(body)
  if (status === 401 || status === 403) {
    const text = envelope?.message ?? message ?? body
    return accessDenied(status, text, code, serviceCode(envelope?.code), serviceCode(envelope?.type))
  }
  return envelope === undefined
    ? { code, message: undefined, members, body: message ?? body }
    : fromEnvelope(status, envelope, code)
}
