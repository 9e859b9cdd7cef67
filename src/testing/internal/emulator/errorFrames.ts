/** The frames that end a response stream with an error. */
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { encode } from "../../../protocol/eventStream/frame.ts"
import { TransportError, UnknownServiceError } from "../../../SageMakerError.ts"
import { errorMembers, type ErrorSource, streamError } from "./errorResponse.ts"

const encoder = new TextEncoder()

export const encodeException = (code: string, members: { readonly [name: string]: unknown }): Uint8Array =>
  encode({
    ":exception-type": code,
    ":content-type": "application/json",
    ":message-type": "exception"
  }, encoder.encode(JSON.stringify(members)))

const unsafeExceptionFrame = (failure: unknown, source: ErrorSource): Uint8Array => {
  const error = streamError(failure, source)
  return encodeException(error.code, errorMembers(error, source))
}

/** A failure whose members throw or have no JSON representation has no text. */
const exceptionFrame = (failure: unknown, source: ErrorSource): Uint8Array =>
  Option.getOrElse(
    Option.liftThrowable(unsafeExceptionFrame)(failure, source),
    () => unsafeExceptionFrame(undefined, source)
  )

const errorFrame = (failure: UnknownServiceError): Uint8Array =>
  encode({
    ":error-code": failure.code ?? "InternalError",
    ":error-message": failure.message.slice(0, 4_096),
    ":message-type": "error"
  }, new Uint8Array())

/** `TransportError` fails the body; every other failure is sent as the last frame. */
export const endWithFailure = (failure: unknown, source: ErrorSource): Stream.Stream<Uint8Array, TransportError> => {
  if (failure instanceof TransportError) {
    return Stream.fail(failure)
  }
  return Stream.make(failure instanceof UnknownServiceError ? errorFrame(failure) : exceptionFrame(failure, source))
}
