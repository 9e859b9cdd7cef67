/** Handles InvokeEndpointAsync: adds the request to the queue of its endpoint. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as InvokeEndpoint from "../../../InvokeEndpoint.ts"
import { maxInlineBytes, requestHeaders, responseHeaders } from "../../../InvokeEndpointAsync.ts"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { HeaderMembers } from "../../../Operation.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import type { EmulatorOutput } from "../../Emulator.ts"
import { type ErrorSource, failureResponse, messageOf, validationError } from "../emulator/errorResponse.ts"
import type { HttpRequestMessage, HttpResponseMessage } from "../emulator/httpMessage.ts"
import {
  allConstraints,
  bodyBytes,
  decodeMembers,
  encodeResponse,
  type ModelHandler,
  type OperationHandler,
  sourceOf
} from "../emulator/operationHandler.ts"
import type { AsyncInference } from "./asyncInference.ts"
import type { AsyncConfiguration } from "./configuration.ts"
import { type AsyncFailure, responseFailure, serviceFailure } from "./failure.ts"
import { toS3Location } from "./locations.ts"
import type { ModelOutput } from "./notification.ts"
import { readObject } from "./objects.ts"

type Members = HeaderMembers<typeof requestHeaders.table>

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The largest input of the service: 1 GB. */
const maxInputBytes = 2 ** 30

const defaultTimeToLiveSeconds = 21_600
const defaultInvocationTimeoutSeconds = 900

const word = Effect.map(
  Random.nextIntBetween(0, 2 ** 32),
  (bits) => bits.toString(16).padStart(8, "0")
)

/** A random ID in the format of a UUID. */
const newId = Effect.map(Effect.all([word, word, word, word]), (words) => {
  const digits = words.join("")
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${
    digits.slice(20)
  }`
})

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

/** Each request has new locations, unless it has a `Filename`. */
const locationsOf = ({ failurePath, outputPath }: AsyncConfiguration, id: string, members: Members) => {
  const folder = members.S3OutputPathExtension === undefined
    ? outputPath
    : `${outputPath}/${members.S3OutputPathExtension}`
  return {
    OutputLocation: `${folder}/${members.Filename ?? `${id}.out`}`,
    FailureLocation: `${failurePath}/${id}-error.out`
  }
}

const unreadable = (cause: Cause.Cause<unknown>): AsyncFailure =>
  serviceFailure(`InputLocation could not be read: ${messageOf(Cause.squash(cause))}`)

const readInput = (
  { InputLocation }: Members,
  { body }: HttpRequestMessage,
  store: ObjectStoreService
): Effect.Effect<Uint8Array, AsyncFailure> =>
  InputLocation === undefined
    ? Effect.succeed(body)
    : Effect.suspend(() => readObject(store, toS3Location(InputLocation), maxInputBytes)).pipe(
      Effect.catchAllCause((cause) => Effect.fail(unreadable(cause))),
      Effect.filterOrFail(
        (input) => input !== undefined,
        () => serviceFailure(`The object at InputLocation is larger than ${maxInputBytes} bytes`)
      )
    )

const encodeOutput = (source: ErrorSource) => (output: EmulatorOutput) =>
  Effect.gen(function*() {
    const headers = yield* Effect.orDie(
      InvokeEndpoint.responseHeaders.encode({ ContentType: output.ContentType }, allConstraints)
    )
    return { status: 200, headers, body: yield* bodyBytes(output, source) }
  })

/** The output of a response. A response with an error status is the failure. */
const outputOf =
  (source: ErrorSource) =>
  ({ body, headers, status }: HttpResponseMessage): Effect.Effect<ModelOutput, HttpResponseMessage> =>
    Effect.gen(function*() {
      const bytes = body instanceof Uint8Array ? body : yield* Stream.runCollect(body).pipe(
        Effect.map((chunks) => concat(Array.from(chunks))),
        Effect.mapError(failureResponse(source))
      )
      return status >= 200 && status <= 299
        ? { body: bytes, contentType: headers["content-type"] }
        : yield* Effect.fail({ status, headers, body: bytes })
    })

const invokeModel = (
  source: ErrorSource,
  members: Members,
  Body: Uint8Array,
  model: ModelHandler
): Effect.Effect<ModelOutput, AsyncFailure> =>
  model({ ...members, operation: "InvokeEndpointAsync", EndpointName: source.endpoint, Body }).pipe(
    Effect.flatMap((response) => encodeResponse(response, encodeOutput(source))),
    Effect.flatMap(outputOf(source)),
    Effect.mapError(responseFailure)
  )

export const invokeEndpointAsync =
  ({ endpoint, store }: AsyncInference): OperationHandler => (EndpointName, request, model) =>
    Effect.gen(function*() {
      const { config, submit } = yield* Either.mapLeft(endpoint(EndpointName), validationError)
      const members = yield* decodeMembers(requestHeaders, request)
      yield* checkBody(members, request)
      const InferenceId = members.InferenceId ?? (yield* newId)
      const locations = locationsOf(config, yield* newId, members)
      const headers = yield* Effect.orDie(responseHeaders.encode(locations, allConstraints))
      const source = sourceOf(EndpointName, request)
      yield* submit({
        inferenceId: InferenceId,
        region: source.region,
        parameters: {
          accept: members.Accept,
          contentType: members.ContentType,
          endpointName: EndpointName,
          inputLocation: members.InputLocation
        },
        outputLocation: locations.OutputLocation,
        failureLocation: locations.FailureLocation,
        timeToLiveMillis: (members.RequestTTLSeconds ?? defaultTimeToLiveSeconds) * 1_000,
        invocationTimeoutMillis: (members.InvocationTimeoutSeconds ?? defaultInvocationTimeoutSeconds) * 1_000,
        invoke: Effect.flatMap(
          readInput(members, request, store),
          (Body) => invokeModel(source, members, Body, model)
        ),
        defectFailure: (defect) => responseFailure(failureResponse(source)(defect))
      })
      return {
        status: 202,
        headers: { "content-type": "application/json", ...headers },
        body: encoder.encode(JSON.stringify({ InferenceId }))
      }
    })
