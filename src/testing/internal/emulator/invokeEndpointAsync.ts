/** Handles InvokeEndpointAsync: adds the request to the asynchronous inference queue. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { maxInlineBytes, requestHeaders, responseHeaders } from "../../../InvokeEndpointAsync.ts"
import type { HeaderMembers } from "../../../Operation.ts"
import type { AsyncInferenceQueue } from "./asyncInferenceQueue.ts"
import { type ErrorSource, validationError } from "./errorResponse.ts"
import type { HttpRequestMessage, HttpResponseMessage } from "./httpMessage.ts"
import type { EmulatorObjects } from "./objects.ts"
import {
  allConstraints,
  bodyBytes,
  decodeMembers,
  encodeResponse,
  type ModelHandler,
  type OperationHandler,
  sourceOf
} from "./operationHandler.ts"

type Members = HeaderMembers<typeof requestHeaders.table>

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const failureText = ({ body }: HttpResponseMessage): string =>
  body instanceof Uint8Array ? decoder.decode(body) : "The model failed"

const successBody = (response: HttpResponseMessage): Effect.Effect<Uint8Array, HttpResponseMessage> =>
  response.body instanceof Uint8Array && response.status === 200 ? Effect.succeed(response.body) : Effect.fail(response)

const newInferenceId = Effect.map(
  Random.nextIntBetween(0, 2 ** 31),
  (id) => `inference-${id.toString(16).padStart(8, "0")}`
)

/** Older AWS SDKs send `{}` beside `InputLocation`; the service accepts it. */
const isEmptyObject = (body: Uint8Array): boolean => body.byteLength === 2 && decoder.decode(body) === "{}"

const checkBody = (
  { InputLocation }: Members,
  { body }: HttpRequestMessage
): Effect.Effect<void, HttpResponseMessage> => {
  const hasBody = body.byteLength > 0 && !(InputLocation !== undefined && isEmptyObject(body))
  if (hasBody === (InputLocation !== undefined)) {
    return Effect.fail(validationError("Specify exactly one of Body and InputLocation"))
  }
  return body.byteLength > maxInlineBytes
    ? Effect.fail(validationError(`Body must be at most ${maxInlineBytes} bytes`))
    : Effect.void
}

const outputLocation = (EndpointName: string, InferenceId: string, members: Members): string => {
  const prefix = `s3://emulator/${EndpointName}/output`
  const path = members.S3OutputPathExtension === undefined ? prefix : `${prefix}/${members.S3OutputPathExtension}`
  return `${path}/${members.Filename ?? `${InferenceId}.out`}`
}

const readInput = (
  { InputLocation }: Members,
  { body }: HttpRequestMessage,
  objects: EmulatorObjects
): Effect.Effect<Uint8Array, string> =>
  InputLocation === undefined
    ? Effect.succeed(body)
    : Effect.filterOrFail(
      objects.get(InputLocation),
      (input) => input !== undefined,
      () => "No object was found at InputLocation"
    )

const invokeModel = (
  source: ErrorSource,
  members: Members,
  Body: Uint8Array,
  model: ModelHandler
): Effect.Effect<Uint8Array, string> =>
  model({ ...members, operation: "InvokeEndpointAsync", EndpointName: source.endpoint, Body }).pipe(
    Effect.flatMap((response) =>
      encodeResponse(
        response,
        (output) => Effect.map(bodyBytes(output, source), (body) => ({ status: 200, headers: {}, body }))
      )
    ),
    Effect.flatMap(successBody),
    Effect.mapError(failureText)
  )

export const invokeEndpointAsync =
  (queue: AsyncInferenceQueue, objects: EmulatorObjects): OperationHandler => (EndpointName, request, model) =>
    Effect.gen(function*() {
      const members = yield* decodeMembers(requestHeaders, request)
      yield* checkBody(members, request)
      const InferenceId = members.InferenceId ?? (yield* newInferenceId)
      const OutputLocation = outputLocation(EndpointName, InferenceId, members)
      const FailureLocation = `s3://emulator/${EndpointName}/failure/${InferenceId}-error.out`
      yield* queue.submit({
        inferenceId: InferenceId,
        outputLocation: OutputLocation,
        failureLocation: FailureLocation,
        timeToLive: Duration.seconds(members.RequestTTLSeconds ?? 21_600),
        invocationTimeout: Duration.seconds(members.InvocationTimeoutSeconds ?? 900),
        invoke: Effect.flatMap(
          readInput(members, request, objects),
          (Body) => invokeModel(sourceOf(EndpointName, request), members, Body, model)
        )
      })
      const headers = yield* Effect.orDie(responseHeaders.encode({ OutputLocation, FailureLocation }, allConstraints))
      return {
        status: 202,
        headers: { "content-type": "application/json", ...headers },
        body: encoder.encode(JSON.stringify({ InferenceId }))
      }
    })
