/** Handles InvokeEndpoint. */
import * as Effect from "effect/Effect"
import { requestHeaders, responseHeaders } from "../../../InvokeEndpoint.ts"
import {
  allConstraints,
  bodyBytes,
  decodeMembers,
  encodeResponse,
  type OperationHandler,
  sourceOf
} from "./operationHandler.ts"

const defaults = { ContentType: "application/octet-stream", InvokedProductionVariant: "AllTraffic" }

export const invokeEndpoint: OperationHandler = (EndpointName, request, model) =>
  Effect.gen(function*() {
    const members = yield* decodeMembers(requestHeaders, request)
    const response = yield* model({
      ...members,
      operation: "InvokeEndpoint",
      EndpointName,
      Body: request.body
    })
    return yield* encodeResponse(response, (output) =>
      Effect.gen(function*() {
        const { Body: _, ...fields } = output
        const headers = yield* Effect.orDie(responseHeaders.encode({ ...defaults, ...fields }, allConstraints))
        return { status: 200, headers, body: yield* bodyBytes(output, sourceOf(EndpointName, request)) }
      }))
  })
