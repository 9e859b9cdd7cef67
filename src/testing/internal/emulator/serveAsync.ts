/** InvokeEndpointAsync from the service's side. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { maxInlineBytes, requestHeaders, responseHeaders } from "../../../InvokeEndpointAsync.ts"
import type { makeAsyncWork, Objects } from "./asyncWork.ts"
import { every, type Handler, read, type Serve, wholeOf, write } from "./serving.ts"
import { validationError, type WireResponse } from "./wire.ts"

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const failureText = ({ body }: WireResponse): string =>
  body instanceof Uint8Array ? decoder.decode(body) : "The model failed"

const whole = (answered: WireResponse): Effect.Effect<Uint8Array, WireResponse> =>
  answered.body instanceof Uint8Array && answered.status === 200 ? Effect.succeed(answered.body) : Effect.fail(answered)

const newId = Effect.map(Random.nextIntBetween(0, 2 ** 31), (id) => `inference-${id.toString(16).padStart(8, "0")}`)

/** Serves InvokeEndpointAsync with a queue of work and a store of objects. */
export const serveAsync =
  (work: Effect.Effect.Success<ReturnType<typeof makeAsyncWork>>, objects: Objects): Serve =>
  (EndpointName, received, handler) =>
    Effect.gen(function*() {
      const members = yield* read(requestHeaders, received)
      const { Filename, InputLocation, InvocationTimeoutSeconds, RequestTTLSeconds, S3OutputPathExtension } = members
      const inline = received.body.byteLength > 0
      if (inline === (InputLocation !== undefined)) {
        return yield* Effect.fail(validationError("Exactly one of the body and InputLocation must be given"))
      }
      if (received.body.byteLength > maxInlineBytes) {
        return yield* Effect.fail(validationError(`The body is longer than ${maxInlineBytes} bytes`))
      }
      const InferenceId = members.InferenceId ?? (yield* newId)
      const folder = `s3://emulator/${EndpointName}/output`
      const path = S3OutputPathExtension === undefined ? folder : `${folder}/${S3OutputPathExtension}`
      const OutputLocation = `${path}/${Filename ?? `${InferenceId}.out`}`
      const FailureLocation = `s3://emulator/${EndpointName}/failure/${InferenceId}-error.out`

      const input = InputLocation === undefined
        ? Effect.succeed(received.body)
        : Effect.filterOrFail(
          objects.get(InputLocation),
          (body) => body !== undefined,
          () => "There is no object at the InputLocation"
        )

      const invoke = (handle: Handler, Body: Uint8Array) =>
        handle({ ...members, operation: "InvokeEndpointAsync", EndpointName, Body }).pipe(
          Effect.flatMap((answer) =>
            write(answer, (output) => Effect.map(wholeOf(output), (body) => ({ status: 200, headers: {}, body })))
          ),
          Effect.flatMap(whole),
          Effect.mapError(failureText)
        )

      yield* work.submit({
        id: InferenceId,
        outputLocation: OutputLocation,
        failureLocation: FailureLocation,
        ttl: Duration.seconds(RequestTTLSeconds ?? 21_600),
        timeout: Duration.seconds(InvocationTimeoutSeconds ?? 900),
        run: Effect.flatMap(input, (Body) => invoke(handler, Body))
      })
      const headers = yield* Effect.orDie(responseHeaders.encode({ OutputLocation, FailureLocation }, every))
      return {
        status: 202,
        headers: { "content-type": "application/json", ...headers },
        body: encoder.encode(JSON.stringify({ InferenceId }))
      }
    })
