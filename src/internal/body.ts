/** Response bodies: their failures mapped, their silences bounded. */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as bytes from "../protocol/bytes.ts"
import type { TimeoutError, TransportError } from "../SageMakerError.ts"
import { fromHttpClient } from "./errorMapping.ts"
import { type Call, expired } from "./pipeline.ts"

/** How much of an error's body is read. */
export const maxErrorBytes = 256 * 1024

/** The body as it arrives; `idle` bounds each wait for its next chunk. */
export const stream = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Stream.Stream<Uint8Array, TransportError | TimeoutError> => {
  const idle = Duration.decode(call.deadlines.idle ?? Duration.infinity)
  const parts = response.stream.pipe(
    Stream.catchAll((error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(fromHttpClient(error, call)))
  )
  return Duration.isFinite(idle) ? Stream.timeoutFail(parts, () => expired("idle", idle, call), idle) : parts
}

/** The whole body. */
export const whole = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Effect.Effect<Uint8Array, TransportError | TimeoutError> =>
  Effect.map(Stream.runCollect(stream(response, call)), (chunks) => bytes.concat(Array.from(chunks)))

/** As much of an error's body as there is to read, as text; a body that breaks off is worth what came of it. */
export const errorText = (response: HttpClientResponse.HttpClientResponse, call: Call): Effect.Effect<string> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    return stream(response, call).pipe(
      Stream.runForEachWhile((chunk) =>
        Effect.sync(() => {
          chunks.push(chunk)
          size += chunk.byteLength
          return size < maxErrorBytes
        })
      ),
      Effect.ignore,
      Effect.map(() => new TextDecoder().decode(bytes.concat(chunks)))
    )
  })
