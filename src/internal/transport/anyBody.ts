/** The body of a response of any HTTP client, read as the platform gives it. */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import { concat, concatExact } from "../../protocol/bytes/bytes.ts"
import { heardOf } from "./timeout.ts"
import { Late, type Lost } from "./transport.ts"

const chunksOf = (response: HttpClientResponse.HttpClientResponse): Stream.Stream<Uint8Array, Lost> =>
  response.stream.pipe(
    Stream.catchAll((error) => error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error))
  )

/** Fails once the reader has waited as long as `idle` for the next bytes; it does not wait while it works on some. */
const silence = (idle: number, waitingSince: () => number | undefined): Effect.Effect<never, Late> => {
  const watch: Effect.Effect<never, Late> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const since = waitingSince()
    const left = since === undefined ? idle : idle - (now - since)
    return left > 0 ? Effect.zipRight(Effect.sleep(left), watch) : Effect.fail(new Late("idle", true))
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
  idle: number
): Stream.Stream<Uint8Array, Lost> => {
  const chunks = chunksOf(response)
  return idle === Infinity ? chunks : Stream.unwrapScoped(Effect.gen(function*() {
    const clock = yield* Effect.clock
    const arrived = yield* Queue.bounded<Take.Take<Uint8Array, Lost>>(1)
    let waitingSince: number | undefined
    yield* Effect.forkScoped(Effect.interruptible(Stream.runIntoQueue(chunks, arrived)))
    yield* silence(idle, () => waitingSince).pipe(
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
  idle: number,
  takeMore: (chunk: Uint8Array) => boolean
): Effect.Effect<void, Lost> =>
  heardOf(
    idle,
    () => new Late("idle", true),
    (heard) =>
      Stream.runForEachWhile(chunksOf(response), (chunk) =>
        Effect.sync(() => {
          heard()
          return takeMore(chunk)
        }))
  )

/** The whole body, in a buffer of its own. */
export const whole = (
  response: HttpClientResponse.HttpClientResponse,
  idle: number
): Effect.Effect<Uint8Array, Lost> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    return Effect.map(read(response, idle, (chunk) => chunks.push(chunk) > 0), () => concatExact(chunks))
  })

/** The body as far as it comes, and not much more than `limit` bytes of it. */
export const start = (
  response: HttpClientResponse.HttpClientResponse,
  idle: number,
  limit: number
): Effect.Effect<Uint8Array> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const takeMore = (chunk: Uint8Array) => {
      chunks.push(chunk)
      size += chunk.byteLength
      return size < limit
    }
    return read(response, idle, takeMore).pipe(Effect.ignore, Effect.map(() => concat(chunks)))
  })
