/** Why the emulator ends a bidirectional stream: the request body violates the protocol, or the client has left. */
import * as Data from "effect/Data"

/** An error of the service for an invalid frame of the request. It is sent as an exception frame. */
export class RequestRefused extends Data.TaggedError("RequestRefused")<{
  readonly code: string
  readonly message: string
}> {}

/** The request body ended with an error: the client has reset the stream or closed the connection. */
export class RequestAborted extends Data.TaggedError("RequestAborted")<{}> {}

/** Why the parts of a request end before the request does. */
export type RequestFailure = RequestRefused | RequestAborted

/** The bytes are not a valid event stream. */
export const malformed = (problem: string): RequestRefused =>
  new RequestRefused({ code: "SerializationException", message: `The request body is not valid: ${problem}.` })

/** A frame violates a constraint of the operation. */
export const invalidInput = (problem: string): RequestRefused =>
  new RequestRefused({ code: "InputValidationError", message: problem })

/** The signature of a frame is missing or does not match. */
export const invalidSignature = (message: string): RequestRefused =>
  new RequestRefused({ code: "InvalidSignatureException", message })
