/** Errors that a model server writes into a token stream in place of a token. */
import * as Schema from "effect/Schema"
import { contains } from "../../protocol/bytes/contains.ts"
import { isStatus } from "../../protocol/error/status.ts"
import { lazy } from "../../protocol/function/lazy.ts"
import { ModelStreamError } from "../../SageMakerError.ts"
import { type Decoded, nullish } from "./token.ts"

export interface ReportedError {
  readonly _tag: "Reported"
  readonly name: string | undefined
  readonly status: number | undefined
  readonly message: string | undefined
}

const errorObject = () =>
  Schema.Struct({
    message: nullish(Schema.String),
    type: nullish(Schema.String),
    code: nullish(Schema.Union(Schema.Number, Schema.String))
  })

const errorEvent = () =>
  Schema.Struct({
    object: nullish(Schema.String),
    error: nullish(Schema.Union(Schema.String, errorObject())),
    error_type: nullish(Schema.String),
    message: nullish(Schema.String),
    type: nullish(Schema.String),
    code: nullish(Schema.Union(Schema.Number, Schema.String))
  })

const isErrorEvent = lazy(() => Schema.is(errorEvent()))

const statusOf = (code: number | string | null | undefined): number | undefined => {
  if (typeof code === "number") {
    return isStatus(code) ? code : undefined
  }
  return /^\d{3}$/.test(code ?? "") ? Number(code) : undefined
}

const nameOf = (code: number | string | null | undefined): string | undefined =>
  typeof code === "string" && !/^\d+$/.test(code) ? code : undefined

const fromErrorObject = ({ code, message, type }: Decoded<typeof errorObject>): ReportedError => ({
  _tag: "Reported",
  name: type ?? nameOf(code),
  status: statusOf(code),
  message: message ?? undefined
})

/** The error in an event: an `error` object (OpenAI, vLLM), an `error` text (TGI, LMI), or an object of type `error`. */
export const reportedError = (event: unknown): ReportedError | undefined => {
  if (!isErrorEvent()(event)) {
    return undefined
  }
  const { code, error, error_type, object } = event
  if (typeof error === "string") {
    return { _tag: "Reported", name: error_type ?? nameOf(code), status: statusOf(code), message: error }
  }
  if (error !== null && error !== undefined) {
    return fromErrorObject(error)
  }
  return object === "error" ? fromErrorObject(event) : undefined
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

const includesCode = (body: unknown, code: string): boolean =>
  typeof body === "string"
    ? body.toLowerCase().includes(code)
    : body instanceof Uint8Array && contains(body, code)

/** Removes an error code that is a part of the request body. The code stays available as `OriginalMessage`. */
export const withoutSentErrorCode = (body: unknown) => <E>(error: E): E | ModelStreamError => {
  if (!(error instanceof ModelStreamError) || !includesCode(body, error.ErrorCode?.toLowerCase() ?? "\0")) {
    return error
  }
  const { ErrorCode, OriginalMessage, OriginalStatusCode } = error
  return toModelStreamError({
    _tag: "Reported",
    name: undefined,
    status: OriginalStatusCode,
    message: OriginalMessage ?? ErrorCode
  })
}
