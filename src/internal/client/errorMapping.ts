/** Maps error responses of the service to typed errors: by their code, otherwise by their status. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ErrorClass, StreamServiceError } from "../../Operation.ts"
import { type ErrorBody, isAccessDeniedCode } from "../../protocol/error/errorCode.ts"
import { isStatus } from "../../protocol/error/status.ts"
import { validationReason } from "../../protocol/error/validationReason.ts"
import { classify, isThrottlingCode } from "../../protocol/retry/retry.ts"
import * as SageMakerError from "../../SageMakerError.ts"
import { defined } from "../error/defined.ts"
import { isHiddenField, setHiddenField } from "../error/hiddenFields.ts"
import { isPrintable, printableIdentifier, printableText, type SentValues } from "../redaction/redaction.ts"
import type { CallProgress } from "./call.ts"

/** A response of the service that reports an error. */
export interface ErrorResponse extends ErrorBody {
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfterMillis: number | undefined
  readonly body: string
  /** Whether the clock offset was corrected by this response, so that a retry has the right signing time. */
  readonly clockCorrected: boolean
  /** Values of the request that must not appear in an error. */
  readonly sent: SentValues
}

const quotationBegin = " with message \""
const quotationEnd = "\". See "

/**
 * Removes the container's response, which SageMaker quotes in the message, because it can repeat the request. If the
 * end of the quotation is missing, the rest of the message is removed.
 */
const removeQuotation = (message: string): string => {
  const begin = message.indexOf(quotationBegin)
  if (begin < 0) {
    return message
  }
  const end = message.lastIndexOf(quotationEnd)
  return `${message.slice(0, begin)} with message <redacted>${end > begin ? message.slice(end + 1) : ""}`
}

/** The members of an error body that match the fields of the class. A member that does not match is dropped. */
const matchingMembers = (
  fields: Schema.Struct.Fields,
  members: { readonly [name: string]: unknown }
): { readonly [name: string]: unknown } =>
  Object.assign(
    {},
    ...Object.entries(fields).map(([name, field]) =>
      Option.getOrUndefined(
        Schema.decodeUnknownOption(Schema.Struct({ [name]: field }) as Schema.Schema.Any as Schema.Schema<object>)(
          members
        )
      )
    )
  )

/** Fields that come from the response headers and the call, not from the error body. */
const callFields = new Set([
  "_tag",
  "status",
  "code",
  "requestId",
  "message",
  "retry",
  "retryAfterMillis",
  "attempts",
  "totalRetryDelay"
])

/** A text that could repeat the request is replaced. A number, object or array that could repeat it is removed. */
const printableMember = (name: string, member: unknown, sent: SentValues): unknown => {
  if (typeof member === "string" && name === "ErrorCode") {
    return printableIdentifier(member, sent)
  }
  if (typeof member === "string") {
    return printableText(member, sent) ?? "<redacted>"
  }
  if (typeof member === "number") {
    return isStatus(member) || printableText(`${member}`, sent) !== undefined ? member : undefined
  }
  return typeof member !== "object" || member === null || isPrintable(JSON.stringify(member), sent) ? member : undefined
}

/** The fields that the client decides from the service's complete text, because that text is not always printed. */
const decidedFields = (
  errorClass: { readonly fields: Schema.Struct.Fields },
  { body, members, message }: ErrorResponse
): { readonly [name: string]: unknown } =>
  errorClass.fields === SageMakerError.ValidationError.fields
    ? { reason: validationReason(message ?? body, members["ErrorCode"]) }
    : {}

const modeledError = <E>(
  errorClass: ErrorClass<E>,
  callValues: { readonly [name: string]: unknown },
  response: ErrorResponse
): E | undefined => {
  const { members, sent } = response
  const decided = decidedFields(errorClass, response)
  const fields = { ...callValues, ...defined(decided) }
  const own = Object.fromEntries(
    Object.entries(errorClass.fields).filter(([name]) => !callFields.has(name) && !(name in decided))
  )
  try {
    const printable = Object.fromEntries(
      Object.keys(own).filter((name) => Object.hasOwn(members, name)).map((name) => [
        name,
        isHiddenField(errorClass, name) ? members[name] : printableMember(name, members[name], sent)
      ])
    )
    return new errorClass({ ...matchingMembers(own, printable), ...fields } as never)
  } catch {
    return undefined
  }
}

const isKnownCode = (code: string | undefined): boolean =>
  code !== undefined && (isThrottlingCode(code) || isAccessDeniedCode(code))

const fieldsOf = (
  { code, message, requestId, retryAfterMillis, sent, status }: ErrorResponse,
  { attempts, totalRetryDelay }: CallProgress
) =>
  defined({
    status,
    code: isKnownCode(code) ? code : printableIdentifier(code, sent),
    requestId: printableIdentifier(requestId, sent),
    message: message === undefined ? undefined : printableText(removeQuotation(message), sent),
    retry: classify(status, code, message),
    retryAfterMillis,
    attempts,
    totalRetryDelay
  })

type Fields = ReturnType<typeof fieldsOf>

const byCode = <E>(
  errors: ReadonlyArray<ErrorClass<E>>,
  response: ErrorResponse,
  fields: Fields
): E | SageMakerError.AccessDeniedError | SageMakerError.ThrottlingError | undefined => {
  const { clockCorrected, code } = response
  if (code === undefined) {
    return undefined
  }
  const errorClass = errors.find((_) => _._tag === code)
  const modeled = errorClass && modeledError(errorClass, fields, response)
  if (modeled !== undefined) {
    return modeled
  }
  if (isAccessDeniedCode(code)) {
    return new SageMakerError.AccessDeniedError(clockCorrected ? { ...fields, retry: "transient" } : fields)
  }
  return isThrottlingCode(code) ? new SageMakerError.ThrottlingError(fields) : undefined
}

const unknownServiceError = (
  { body, status }: ErrorResponse,
  fields: Fields
): SageMakerError.UnknownServiceError =>
  new SageMakerError.UnknownServiceError({
    message: `The service responded with status ${status}${fields.code === undefined ? "" : ` (${fields.code})`}`,
    ...fields,
    body: body.slice(0, 1_024)
  })

const byStatus = (response: ErrorResponse, fields: Fields): SageMakerError.CommonError => {
  if (response.status === 429) {
    return new SageMakerError.ThrottlingError(fields)
  }
  return response.status === 413
    ? new SageMakerError.PayloadTooLargeError(fields)
    : unknownServiceError(response, fields)
}

/** Adds the complete text of the service, which is not printed. */
const withServiceMessage = <E>(error: E, { body, message }: ErrorResponse): E => {
  setHiddenField(error, "serviceMessage", message ?? (body === "" ? undefined : body))
  return error
}

/** The error of a response whose code matches no error class. */
export const unknownError = (response: ErrorResponse, call: CallProgress): SageMakerError.UnknownServiceError =>
  withServiceMessage(unknownServiceError(response, fieldsOf(response, call)), response)

/** The typed error of an error response. */
export const fromErrorResponse = <E>(
  errors: ReadonlyArray<ErrorClass<E>>,
  response: ErrorResponse,
  call: CallProgress
): E | SageMakerError.CommonError => {
  const fields = fieldsOf(response, call)
  return withServiceMessage(byCode(errors, response, fields) ?? byStatus(response, fields), response)
}

/** The typed error of an error event in a response stream. */
export const fromStream = <E>(
  errors: ReadonlyArray<ErrorClass<E>>,
  response: ErrorResponse,
  call: CallProgress
): E | StreamServiceError => {
  const fields = fieldsOf(response, call)
  return withServiceMessage(byCode(errors, response, fields) ?? unknownServiceError(response, fields), response)
}
