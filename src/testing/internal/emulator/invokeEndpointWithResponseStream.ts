/** Handles InvokeEndpointWithResponseStream: encodes the output as an event stream. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { requestHeaders, responseHeaders } from "../../../InvokeEndpointWithResponseStream.ts"
import { encode } from "../../../protocol/eventStream/frame.ts"
import type { EmulatorOutput } from "../../Emulator.ts"
import { endWithFailure } from "./errorFrames.ts"
import type { ErrorSource } from "./errorResponse.ts"
import type { HttpResponseMessage } from "./httpMessage.ts"
import {
  allConstraints,
  bodyParts,
  decodeMembers,
  encodeResponse,
  type OperationHandler,
  sourceOf
} from "./operationHandler.ts"

const payloadPartFrame = (payload: Uint8Array): Uint8Array =>
  encode({
    ":event-type": "PayloadPart",
    ":content-type": "application/octet-stream",
    ":message-type": "event"
  }, payload)

const encodeOutput = (source: ErrorSource) => (output: EmulatorOutput): Effect.Effect<HttpResponseMessage> =>
  Effect.gen(function*() {
    const { Body: _, ...fields } = output
    const headers = yield* Effect.orDie(
      responseHeaders.encode({ InvokedProductionVariant: "AllTraffic", ...fields }, allConstraints)
    )
    return {
      status: 200,
      headers: { "content-type": "application/vnd.amazon.eventstream", ...headers },
      body: bodyParts(output).pipe(
        Stream.map(payloadPartFrame),
        Stream.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause) ? Stream.failCause(cause) : endWithFailure(Cause.squash(cause), source)
        )
      )
    }
  })

export const invokeEndpointWithResponseStream: OperationHandler = (EndpointName, request, model) =>
  Effect.gen(function*() {
    const members = yield* decodeMembers(requestHeaders, request)
    const response = yield* model({
      ...members,
      operation: "InvokeEndpointWithResponseStream",
      EndpointName,
      Body: request.body
    })
    return yield* encodeResponse(response, encodeOutput(sourceOf(EndpointName, request)))
  })
