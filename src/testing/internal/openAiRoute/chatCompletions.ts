/** Handles chat completions of the OpenAI-compatible route. The response is the one of the container. */
import * as Effect from "effect/Effect"
import { requestHeaders, responseHeaders } from "../../../InvokeEndpoint.ts"
import type { EmulatorOutput } from "../../Emulator.ts"
import { validationError } from "../emulator/errorResponse.ts"
import { headerOf } from "../emulator/httpMessage.ts"
import {
  allConstraints,
  bodyBytes,
  bodyParts,
  decodeMembers,
  encodeResponse,
  isStream,
  type OperationHandler,
  sourceOf
} from "../emulator/operationHandler.ts"
import { parseRoute } from "./route.ts"

const componentHeader = "x-amzn-sagemaker-inference-component"

const contentTypeOf = ({ Body }: EmulatorOutput): string =>
  isStream(Object(Body)) ? "text/event-stream" : "application/json"

export const chatCompletions: OperationHandler = (EndpointName, request, model) =>
  Effect.gen(function*() {
    if (headerOf(request, componentHeader) !== undefined) {
      return yield* Effect.fail(
        validationError("The inference component is a part of the path: omit the Inference Component Name header")
      )
    }
    const members = yield* decodeMembers(requestHeaders, request)
    const response = yield* model({
      ...members,
      operation: "OpenAiChatCompletion",
      EndpointName,
      InferenceComponentName: parseRoute(request).InferenceComponentName,
      Body: request.body
    })
    return yield* encodeResponse(response, (output) =>
      Effect.gen(function*() {
        const { Body, ...fields } = output
        const defaults = { ContentType: contentTypeOf(output), InvokedProductionVariant: "AllTraffic" }
        const headers = yield* Effect.orDie(responseHeaders.encode({ ...defaults, ...fields }, allConstraints))
        const body = isStream(Object(Body))
          ? bodyParts(output)
          : yield* bodyBytes(output, sourceOf(EndpointName, request))
        return { status: 200, headers, body }
      }))
  })
