/** The body of one of the web's own responses, read without the platform's wrapping. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { concat, concatExact } from "../../protocol/bytes/bytes.ts"
import type { Cancel, Timer } from "./timeout.ts"
import { Late } from "./transport.ts"

/** What a body is read with: how long each part of it may be waited for, on which clock, and what its failures are. */
export interface Reading<E> {
  readonly idle: number
  readonly timer: Timer
  readonly failed: (cause: unknown) => E
}

/** How reading came to its end: the body was over, the reader had enough, or something was wrong. */
type End<E> = Option.Option<E>

const ignore = () => {}

/** Hears of a promise's end, without making another one's values of it. */
const settled = <A>(promise: Promise<A>, succeeded: (value: A) => void, failed: (cause: unknown) => void): void =>
  void promise.then((value) => succeeded(value), failed)

const notBytes = () => new TypeError("The body is not one of bytes")

/** Takes parts until `enough` of them have come. */
const collect = <E>(
  body: ReadableStream<Uint8Array>,
  { failed, idle, timer }: Reading<E>,
  enough: (size: number) => boolean,
  done: (parts: ReadonlyArray<Uint8Array>, end: End<E | Late>) => void
): Cancel => {
  const parts: Array<Uint8Array> = []
  let size = 0
  let isOver = false
  let cancelTimer: Cancel = ignore
  let reader: ReadableStreamDefaultReader<Uint8Array>
  const end = (how: End<E | Late>, isLeft: boolean) => {
    if (!isOver) {
      isOver = true
      cancelTimer()
      if (isLeft) {
        reader.cancel().catch(ignore)
      }
      done(parts, how)
    }
  }
  const next = () => {
    cancelTimer = timer(idle, () => end(Option.some(new Late("idle", true)), true))
    settled(reader.read(), ({ done: isDone, value }) => {
      cancelTimer()
      if (isDone) {
        end(Option.none(), false)
      } else if (value instanceof Uint8Array) {
        parts.push(value)
        size += value.byteLength
        if (enough(size)) {
          end(Option.none(), true)
        } else if (!isOver) {
          next()
        }
      } else {
        end(Option.some(failed(notBytes())), true)
      }
    }, (cause) => end(Option.some(failed(cause)), false))
  }
  try {
    reader = body.getReader()
    next()
  } catch (cause) {
    isOver = true
    done([], Option.some(failed(cause)))
  }
  return () => end(Option.none(), true)
}

/** The whole body, in a buffer of its own. */
export const whole = <E>(body: ReadableStream<Uint8Array>, reading: Reading<E>): Effect.Effect<Uint8Array, E | Late> =>
  Effect.async((resume) => {
    const cancel = collect(body, reading, () => false, (parts, end) => {
      resume(Option.isSome(end) ? Effect.fail(end.value) : Effect.succeed(concatExact(parts)))
    })
    return Effect.sync(cancel)
  })

/** A body of no more than one part, which the response reads at once. */
export const onePart = <E>(
  response: Response,
  { failed, idle, timer }: Reading<E>
): Effect.Effect<Uint8Array, E | Late> =>
  Effect.async((resume) => {
    const cancel = timer(idle, () => resume(Effect.fail(new Late("idle", true))))
    settled(response.arrayBuffer(), (buffer) => {
      cancel()
      resume(Effect.succeed(new Uint8Array(buffer)))
    }, (cause) => {
      cancel()
      resume(Effect.fail(failed(cause)))
    })
    return Effect.sync(cancel)
  })

/** The body as far as it comes, and not much more than `limit` bytes of it. */
export const start = (
  body: ReadableStream<Uint8Array>,
  reading: Reading<unknown>,
  limit: number
): Effect.Effect<Uint8Array> =>
  Effect.async((resume) => {
    const cancel = collect(body, reading, (size) => size >= limit, (parts) => resume(Effect.succeed(concat(parts))))
    return Effect.sync(cancel)
  })

/** The body as it comes. */
export const stream = <E>(
  body: ReadableStream<Uint8Array>,
  { failed, idle, timer }: Reading<E>
): Stream.Stream<Uint8Array, E | Late> =>
  Stream.unwrapScoped(Effect.map(
    Effect.acquireRelease(
      Effect.try({ try: () => body.getReader(), catch: failed }),
      (reader) => Effect.sync(() => void reader.cancel().catch(ignore))
    ),
    (reader) =>
      Stream.repeatEffectChunkOption(
        Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<E | Late>>((resume) => {
          const cancel = timer(idle, () => resume(Effect.fail(Option.some(new Late("idle", true)))))
          settled(reader.read(), ({ done, value }) => {
            cancel()
            resume(
              done
                ? Effect.fail(Option.none())
                : value instanceof Uint8Array
                ? Effect.succeed(Chunk.of(value))
                : Effect.fail(Option.some(failed(notBytes())))
            )
          }, (cause) => {
            cancel()
            resume(Effect.fail(Option.some(failed(cause))))
          })
          return Effect.sync(cancel)
        })
      )
  ))
