/** Errors that a model server writes into a token stream in place of a token. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { contains } from "../../protocol/bytes/contains.ts"
import { isStatus } from "../../protocol/error/status.ts"
import { lazy } from "../../protocol/function/lazy.ts"
import { ModelStreamError } from "../../SageMakerError.ts"
import { type Decoded, nullish } from "./token.ts"

export interface ReportedError {
  readonly name: string | undefined
  readonly status: number | undefined
  readonly message: string | undefined
}

const code = () => nullish(Schema.Union(Schema.Number, Schema.String))

const errorObject = () =>
  Schema.Struct({
    message: nullish(Schema.String),
    type: nullish(Schema.String),
    code: code()
  })

/** `detail` is FastAPI's, `error_msg` DJL Serving's, and `code`, `type` and `message` together are TorchServe's. */
const errorEvent = () =>
  Schema.Struct({
    object: nullish(Schema.String),
    error: nullish(Schema.Union(Schema.String, errorObject())),
    error_msg: nullish(Schema.String),
    error_type: nullish(Schema.String),
    detail: nullish(Schema.Union(Schema.String, Schema.Array(Schema.Unknown), Schema.Object)),
    message: nullish(Schema.Unknown),
    type: nullish(Schema.String),
    code: code()
  })

const isErrorEvent = lazy(() => Schema.is(errorEvent()))

const statusOf = (value: number | string | null | undefined): number | undefined => {
  if (typeof value === "number") {
    return isStatus(value) ? value : undefined
  }
  return /^\d{3}$/.test(value ?? "") ? Number(value) : undefined
}

const nameOf = (value: number | string | null | undefined): string | undefined =>
  typeof value === "string" && !/^\d+$/.test(value) ? value : undefined

const fromErrorObject = ({ code: value, message, type }: Decoded<typeof errorObject>): ReportedError => ({
  name: type ?? nameOf(value),
  status: statusOf(value),
  message: message ?? undefined
})

const textOf = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

/** The text of FastAPI's `detail`: a text, or a list of what does not match. */
const detailText = (detail: unknown): string => typeof detail === "string" ? detail : JSON.stringify(detail)

const explicitError = (event: Decoded<typeof errorEvent>): ReportedError | undefined => {
  const { code: value, error, error_msg, error_type, object } = event
  if (typeof error === "string") {
    return { name: error_type ?? nameOf(value), status: statusOf(value), message: error }
  }
  if (Predicate.isNotNullable(error)) {
    return fromErrorObject(error)
  }
  if (object === "error") {
    return fromErrorObject({ ...event, message: textOf(event.message) })
  }
  return Predicate.isNotNullable(error_msg) && error_msg !== ""
    ? { name: nameOf(value), status: statusOf(value), message: error_msg }
    : undefined
}

/** Members that a token can have too. */
const otherError = (event: Decoded<typeof errorEvent>): ReportedError | undefined => {
  const { code: value, detail, message, type } = event
  if (Predicate.isNotNullable(value) && Predicate.isNotNullable(type) && typeof message === "string") {
    return fromErrorObject({ code: value, type, message })
  }
  return Predicate.isNotNullable(detail)
    ? { name: nameOf(value), status: statusOf(value), message: detailText(detail) }
    : undefined
}

const mayBeError = (event: Readonly<Record<string, unknown>>): boolean =>
  Predicate.isNotNullable(event["error"]) || Predicate.isNotNullable(event["error_msg"]) || event["object"] === "error"

/**
 * The error in an event: an `error` object (OpenAI, vLLM, Anthropic) or text (TGI, LMI, Triton), an object of type
 * `error`, or `error_msg` (LMI). In an event that is no token also `detail` (FastAPI), or `code`, `type` and `message`
 * (TorchServe).
 */
export const reportedError = (event: unknown, isToken: boolean): ReportedError | undefined => {
  if (!Predicate.isRecord(event) || (isToken && !mayBeError(event)) || !isErrorEvent()(event)) {
    return undefined
  }
  return explicitError(event) ?? (isToken ? undefined : otherError(event))
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
