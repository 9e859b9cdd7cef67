/** InvokeEndpointWithResponseStream from the service's side. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { requestHeaders, responseHeaders } from "../../../InvokeEndpointWithResponseStream.ts"
import { encode } from "../../../protocol/eventStream/frame.ts"
import { ModelStreamError, TransportError, UnknownServiceError } from "../../../SageMakerError.ts"
import { every, partsOf, read, type Serve, write } from "./serving.ts"
import { isServiceError, membersOf, messageOf } from "./wire.ts"

const encoder = new TextEncoder()

const part = (payload: Uint8Array): Uint8Array =>
  encode({
    ":event-type": "PayloadPart",
    ":content-type": "application/octet-stream",
    ":message-type": "event"
  }, payload)

const exception = (failure: unknown): Uint8Array => {
  const error = isServiceError(failure)
    ? failure
    : new ModelStreamError({ message: messageOf(failure), ErrorCode: "StreamBroken" })
  return encode({
    ":exception-type": error.code,
    ":content-type": "application/json",
    ":message-type": "exception"
  }, encoder.encode(JSON.stringify(membersOf(error))))
}

/** How a stream ends that fails: a broken connection breaks off, anything else is told in a last frame. */
const lastFrame = (failure: unknown): Stream.Stream<Uint8Array, TransportError> => {
  if (failure instanceof TransportError) {
    return Stream.fail(failure)
  }
  return Stream.make(
    failure instanceof UnknownServiceError
      ? encode({
        ":error-code": failure.code ?? "InternalError",
        ":error-message": failure.message.slice(0, 4_096),
        ":message-type": "error"
      }, new Uint8Array())
      : exception(failure)
  )
}

export const serveResponseStream: Serve = (EndpointName, received, handler) =>
  Effect.gen(function*() {
    const members = yield* read(requestHeaders, received)
    const answer = yield* handler({
      ...members,
      operation: "InvokeEndpointWithResponseStream",
      EndpointName,
      Body: received.body
    })
    return yield* write(answer, (output) =>
      Effect.gen(function*() {
        const { Body: _, ...fields } = output
        const headers = yield* Effect.orDie(
          responseHeaders.encode({ InvokedProductionVariant: "AllTraffic", ...fields }, every)
        )
        return {
          status: 200,
          headers: { "content-type": "application/vnd.amazon.eventstream", ...headers },
          body: partsOf(output).pipe(
            Stream.map(part),
            Stream.catchAllCause((cause) =>
              Cause.isInterruptedOnly(cause) ? Stream.failCause(cause) : lastFrame(Cause.squash(cause))
            )
          )
        }
      }))
  })
