/** Where failures of every kind become this package's errors. */
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ErrorClass, StreamServiceError } from "../../Operation.ts"
import { type ErrorBody, isAccessDeniedCode } from "../../protocol/error/errorCode.ts"
import { connectTimeoutMillis, transportFailure } from "../../protocol/error/transportFailure.ts"
import { classify, isThrottlingCode } from "../../protocol/retry/retry.ts"
import * as SageMakerError from "../../SageMakerError.ts"
import { isHiddenField } from "../error/hiddenFields.ts"
import type { Call } from "./pipeline.ts"
import { redact, type RedactionValues } from "./redaction.ts"

/** An answer of the service that is an error. */
export interface ErrorResponse extends ErrorBody {
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfterMillis: number | undefined
  readonly body: string
  /** Whether a wrong clock caused it and has been corrected. */
  readonly clockCorrected: boolean
  /** Values of the request that the service's messages must not carry on. */
  readonly secrets: RedactionValues
}

type Defined<A> =
  & { readonly [K in keyof A as undefined extends A[K] ? never : K]: A[K] }
  & { readonly [K in keyof A as undefined extends A[K] ? K : never]?: Exclude<A[K], undefined> }

const defined = <A extends object>(fields: A): Defined<A> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<A>

/**
 * SageMaker quotes the container's answer, which can repeat the request, between these words; of a message of another
 * form, or cut short, nothing after them is kept.
 */
const withoutQuote = (message: string): string =>
  message.replace(/( with message )"(?:[\s\S]*"(?=\. See )|[\s\S]*)/, "$1<redacted>")

/** The members of an error body that fit the class's fields; what does not fit is left out rather than failing. */
const fitting = (
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

/** Members that are the answer's and the call's to say, not the body's. */
const ofTheCall = new Set([
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

const modelled = <E>(
  errorClass: ErrorClass<E>,
  fields: { readonly [name: string]: unknown },
  { members, secrets }: ErrorResponse
): E | undefined => {
  const own = Object.fromEntries(Object.entries(errorClass.fields).filter(([name]) => !ofTheCall.has(name)))
  try {
    const printable = Object.fromEntries(
      Object.entries(members).map(([name, member]) => [
        name,
        typeof member === "string" && !isHiddenField(errorClass, name) ? redact(member, secrets) : member
      ])
    )
    return new errorClass({ ...fitting(own, printable), ...fields } as never)
  } catch {
    return undefined
  }
}

const fieldsOf = (refusal: ErrorResponse, call: Call) =>
  defined({
    status: refusal.status,
    code: refusal.code,
    requestId: refusal.requestId,
    message: refusal.message === undefined
      ? undefined
      : redact(withoutQuote(refusal.message), refusal.secrets),
    retry: classify(refusal.status, refusal.code, refusal.message),
    retryAfterMillis: refusal.retryAfterMillis,
    attempts: call.attempts,
    totalRetryDelay: call.totalRetryDelay
  })

type Fields = ReturnType<typeof fieldsOf>

const byCode = <E>(
  errors: ReadonlyArray<ErrorClass<E>>,
  refusal: ErrorResponse,
  fields: Fields
): E | SageMakerError.AccessDeniedError | SageMakerError.ThrottlingError | undefined => {
  const { clockCorrected, code } = refusal
  if (code === undefined) {
    return undefined
  }
  const errorClass = errors.find((_) => _._tag === code)
  const known = errorClass && modelled(errorClass, fields, refusal)
  if (known !== undefined) {
    return known
  }
  if (isAccessDeniedCode(code)) {
    return new SageMakerError.AccessDeniedError(clockCorrected ? { ...fields, retry: "transient" } : fields)
  }
  return isThrottlingCode(code) ? new SageMakerError.ThrottlingError(fields) : undefined
}

const unnamed = ({ body, code, status }: ErrorResponse, fields: Fields): SageMakerError.UnknownServiceError =>
  new SageMakerError.UnknownServiceError({
    message: `The service answered with status ${status}${code === undefined ? "" : ` (${code})`}`,
    ...fields,
    body: body.slice(0, 1_024)
  })

/** The error of an answer that nobody names. */
export const unknownError = (refusal: ErrorResponse, call: Call): SageMakerError.UnknownServiceError =>
  unnamed(refusal, fieldsOf(refusal, call))

/** The typed error of an answer: by its code, without one by its status. */
export const fromErrorResponse = <E>(
  errors: ReadonlyArray<ErrorClass<E>>,
  refusal: ErrorResponse,
  call: Call
): E | SageMakerError.CommonError => {
  const fields = fieldsOf(refusal, call)
  return byCode(errors, refusal, fields) ?? (refusal.status === 429
    ? new SageMakerError.ThrottlingError(fields)
    : refusal.status === 413
    ? new SageMakerError.PayloadTooLargeError(fields)
    : unnamed(refusal, fields))
}

/** The typed error of an error the service puts into a stream: by its code. */
export const fromStream = <E>(
  errors: ReadonlyArray<ErrorClass<E>>,
  refusal: ErrorResponse,
  call: Call
): E | StreamServiceError => {
  const fields = fieldsOf(refusal, call)
  return byCode(errors, refusal, fields) ?? unnamed(refusal, fields)
}

type Lost = Exclude<ReturnType<typeof transportFailure>["reason"], "timeout" | "protocol">

const messages: { readonly [reason in Lost]: string } = {
  connect: "No connection to the service could be made",
  reset: "The connection to the service was lost",
  aborted: "The connection to the service was closed on this side",
  tls: "No trusted connection to the service could be made",
  other: "The exchange with the service failed"
}

/** A body below this size was not turned away for its size: a model's container can take as little as one megabyte. */
const largeBody = 1_000_000

/** What to think of where a large body was on its way. */
const hintOf = (error: HttpClientError): string => {
  const { body } = error.request
  const size = body._tag === "Uint8Array" ? body.contentLength : 0
  return error._tag === "RequestError" && size >= largeBody
    ? `. The body has ${size} bytes: SageMaker takes 25 MB at most, a serverless endpoint 4 MB, a model's container ` +
      "perhaps less, and a larger body can end in a closed connection"
    : ""
}

/** The typed error of an HTTP client's failure; nothing of the platform's error is kept but its code. */
export const fromHttpClient = (
  error: HttpClientError,
  call: Call,
  elapsedMillis: number
): SageMakerError.TransportError | SageMakerError.TimeoutError | SageMakerError.ProtocolError => {
  const calls = { attempts: call.attempts, totalRetryDelay: call.totalRetryDelay }
  if (error._tag === "RequestError" && error.reason !== "Transport") {
    return new SageMakerError.TransportError({
      ...calls,
      message: "The HTTP client refused the request",
      reason: "other",
      requestSent: false,
      retry: "never"
    })
  }
  const { code, reason, requestSent, retry } = transportFailure(error.cause)
  const named = code === undefined ? "" : ` (${code})`
  if (reason === "timeout") {
    const duration = connectTimeoutMillis(error.cause) ?? elapsedMillis
    return new SageMakerError.TimeoutError({ ...calls, phase: "connect", duration, requestSent, retry })
  }
  if (reason === "protocol") {
    return new SageMakerError.ProtocolError({ ...calls, message: `The answer is not HTTP${named}`, retry })
  }
  return new SageMakerError.TransportError({
    ...calls,
    ...defined({ code }),
    message: `${messages[reason]}${named}${reason === "reset" ? hintOf(error) : ""}`,
    reason,
    requestSent: requestSent || error._tag === "ResponseError",
    retry
  })
}
