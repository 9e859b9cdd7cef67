/** Errors that a model server writes into a token stream in place of a token. */
import * as Predicate from "effect/Predicate"
import { contains } from "../../protocol/bytes/contains.ts"
import { isStatus } from "../../protocol/error/status.ts"
import { ModelStreamError } from "../../SageMakerError.ts"

export interface ReportedError {
  readonly name: string | undefined
  readonly status: number | undefined
  readonly message: string | undefined
}

type Members = Readonly<Record<string, unknown>>

const statusOf = (value: unknown): number | undefined => {
  const code = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof code === "number" && isStatus(code) ? code : undefined
}

const nameOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && !/^\d+$/.test(value) ? value : undefined

/** The text of a message. FastAPI's `detail` can be a list of what does not match. */
const textOf = (value: unknown): string | undefined => {
  if (value === null || value === undefined) {
    return undefined
  }
  return typeof value === "string" ? value : JSON.stringify(value)
}

const first = <A>(read: (value: unknown) => A | undefined, ...values: ReadonlyArray<unknown>): A | undefined => {
  for (const value of values) {
    const found = read(value)
    if (found !== undefined) {
      return found
    }
  }
  return undefined
}

/** Reads the members of an error by the names that servers use, the most specific one first. */
const fromMembers = (error: Members, message: unknown): ReportedError => ({
  name: first(nameOf, error["type"], error["error_type"], error["error_code"], error["ErrorCode"], error["code"]),
  status: first(statusOf, error["code"], error["status"], error["status_code"], error["OriginalStatusCode"]),
  message: textOf(message)
})

/** Whether a member reports an error. Servers send `null`, `false` or an empty text where there is none. */
const isPresent = (value: unknown): boolean => Predicate.isNotNullable(value) && value !== "" && value !== false

const explicitError = (event: Members, isToken: boolean): ReportedError | undefined => {
  const { error, error_msg, message, object } = event
  if (Predicate.isRecord(error)) {
    return isToken && Object.keys(error).length === 0
      ? undefined
      : fromMembers(error, error["message"] ?? error["detail"])
  }
  if (isPresent(error)) {
    return fromMembers(event, error === true ? message : error)
  }
  if (object === "error") {
    return fromMembers(event, message)
  }
  return isPresent(error_msg) ? fromMembers(event, error_msg) : undefined
}

/** The members that identify a `message` as the one of an error. */
const codes = ["code", "type", "error_code", "ErrorCode", "status", "status_code"]

/** Members that a token can have too. */
const otherError = (event: Members): ReportedError | undefined => {
  const { Message, OriginalMessage, detail, error, errors, message } = event
  const text = first(textOf, OriginalMessage, Message, detail, errors, error === "" ? error : undefined)
  if (text !== undefined) {
    return fromMembers(event, text)
  }
  return typeof message === "string" && codes.some((name) => Predicate.isNotNullable(event[name]))
    ? fromMembers(event, message)
    : undefined
}

/**
 * The error in an event: an `error` object (OpenAI, vLLM, Anthropic) or text (TGI, LMI, Triton), an object of type
 * `error`, or `error_msg` (LMI). In an event that is no token also `detail` (FastAPI), a `message` with a code
 * (TorchServe, MLflow), or the members of an error of SageMaker.
 */
export const reportedError = (event: unknown, isToken: boolean): ReportedError | undefined => {
  if (!Predicate.isRecord(event)) {
    return undefined
  }
  return explicitError(event, isToken) ?? (isToken ? undefined : otherError(event))
}

/** A short identifier is usually the name of an error. Other text can repeat parts of the request. */
const isIdentifier = (name: string): boolean => /^[\w.-]{1,64}$/.test(name)

export const toModelStreamError = ({ message, name, status }: ReportedError): ModelStreamError => {
  const ErrorCode = name !== undefined && isIdentifier(name) ? name : undefined
  const details = [ErrorCode, status].filter((detail) => detail !== undefined).join(", ")
  return new ModelStreamError({
    message: `The model reported an error in the response stream${details === "" ? "" : ` (${details})`}`,
    ErrorCode,
    OriginalStatusCode: status,
    OriginalMessage: message ?? name
  })
}

const includesCode = (body: unknown, text: string): boolean =>
  typeof body === "string"
    ? body.toLowerCase().includes(text)
    : body instanceof Uint8Array && contains(body, text)

/** Removes an error code that is a part of the request body. The code stays available as `OriginalMessage`. */
export const withoutSentErrorCode = (body: unknown) => <E>(error: E): E | ModelStreamError => {
  if (!(error instanceof ModelStreamError) || !includesCode(body, error.ErrorCode?.toLowerCase() ?? "\0")) {
    return error
  }
  const { ErrorCode, OriginalMessage, OriginalStatusCode } = error
  return toModelStreamError({
    name: undefined,
    status: OriginalStatusCode,
    message: OriginalMessage ?? ErrorCode
  })
}
