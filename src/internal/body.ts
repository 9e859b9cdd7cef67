/** Response bodies: their failures mapped, their silences bounded. */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { BodyError } from "../Operation.ts"
import * as bytes from "../protocol/bytes.ts"
import type { TimeoutError } from "../SageMakerError.ts"
import { expired } from "./deadlines.ts"
import { fromHttpClient } from "./errorMapping.ts"
import type { Call } from "./pipeline.ts"

/** How much of an error's body is read. */
const maxErrorBytes = 256 * 1024

const chunksOf = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Stream.Stream<Uint8Array, BodyError> =>
  response.stream.pipe(
    Stream.catchAll((error) =>
      error.reason === "EmptyBody" ? Stream.empty : Stream.fail(fromHttpClient(error, call, 0))
    )
  )

/** Fails once the reader has waited as long as `idle` for the next bytes; it does not wait while it works on some. */
const silence = (call: Call, waitingSince: () => number | undefined): Effect.Effect<never, TimeoutError> => {
  const idle = Duration.toMillis(call.deadlines.idle)
  const watch: Effect.Effect<never, TimeoutError> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const since = waitingSince()
    const left = since === undefined ? idle : idle - (now - since)
    return left > 0 ? Effect.zipRight(Effect.sleep(left), watch) : Effect.fail(expired("idle", call))
  })
  return Effect.interruptible(watch)
}

/**
 * The body as it arrives; `idle` bounds each wait for its next bytes.
 *
 * One fiber reads a chunk ahead and one watches the clock for the whole stream, so that a chunk costs no timer.
 */
export const stream = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Stream.Stream<Uint8Array, BodyError> => {
  const chunks = chunksOf(response, call)
  return !Duration.isFinite(call.deadlines.idle) ? chunks : Stream.unwrapScoped(Effect.gen(function*() {
    const clock = yield* Effect.clock
    const arrived = yield* Queue.bounded<Take.Take<Uint8Array, BodyError>>(1)
    let waitingSince: number | undefined
    yield* Effect.forkScoped(Effect.interruptible(Stream.runIntoQueue(chunks, arrived)))
    yield* silence(call, () => waitingSince).pipe(
      Effect.catchAll((error) => Queue.offer(arrived, Take.fail(error))),
      Effect.forkScoped
    )
    return Stream.repeatEffectChunkOption(Effect.suspend(() => {
      waitingSince = clock.unsafeCurrentTimeMillis()
      return Effect.flatMap(Queue.take(arrived), (take) => {
        waitingSince = undefined
        return Take.done(take)
      })
    }))
  }))
}

/** Reads the body until it ends or `takeMore` is false; `idle` bounds each wait. */
const read = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call,
  takeMore: (chunk: Uint8Array) => boolean
): Effect.Effect<void, BodyError> =>
  Effect.flatMap(Effect.clock, (clock) => {
    let waitingSince = clock.unsafeCurrentTimeMillis()
    const reading = Stream.runForEachWhile(chunksOf(response, call), (chunk) =>
      Effect.sync(() => {
        waitingSince = clock.unsafeCurrentTimeMillis()
        return takeMore(chunk)
      }))
    return Duration.isFinite(call.deadlines.idle)
      ? Effect.raceFirst(Effect.interruptible(reading), silence(call, () => waitingSince))
      : reading
  })

/** The whole body. */
export const whole = (
  response: HttpClientResponse.HttpClientResponse,
  call: Call
): Effect.Effect<Uint8Array, BodyError> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    return Effect.map(read(response, call, (chunk) => chunks.push(chunk) > 0), () => bytes.concat(chunks))
  })

/** As much of an error's body as there is to read, as text; a body that breaks off is worth what came of it. */
export const errorText = (response: HttpClientResponse.HttpClientResponse, call: Call): Effect.Effect<string> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const takeMore = (chunk: Uint8Array) => {
      chunks.push(chunk)
      size += chunk.byteLength
      return size < maxErrorBytes
    }
    return read(response, call, takeMore).pipe(
      Effect.ignore,
      Effect.map(() => new TextDecoder().decode(bytes.concat(chunks)))
    )
  })
