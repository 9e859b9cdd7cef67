/** Reads a response body once: as a whole, up to a number of bytes, or as a stream. */
import * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { concat, concatExact } from "../../protocol/bytes/bytes.ts"
import type { BodySource } from "./bodySource.ts"
import { makeIdleTimer } from "./idleTimer.ts"

/** How a body is read, and the errors of reading it. */
export interface BodyReaderOptions<E> {
  readonly clock: Clock.Clock
  /** How long a read waits for the next chunk, in milliseconds; `Infinity` waits forever. */
  readonly idle: number
  readonly onIdle: () => E
  readonly onError: (cause: unknown) => E
  /** Runs once the last chunk has arrived. */
  readonly onComplete?: (() => void) | undefined
}

/** A response body that can be read once, in one of three ways. */
export interface BodyReader<E> {
  /** The whole body, in a buffer that holds nothing else. */
  readonly bytes: Effect.Effect<Uint8Array, E>
  /** The beginning of the body: at least `limit` bytes where it has as many, and not many more. A failure ends it. */
  readonly firstBytes: (limit: number) => Effect.Effect<Uint8Array>
  /** The chunks as they arrive; ending the stream early closes the connection. */
  readonly stream: Stream.Stream<Uint8Array, E>
}

type Chunks = ReadonlyArray<Uint8Array>

/** How a body ended: `None` at its end, otherwise with an error. */
type End<E> = Option.Option<E>

/** Pulls chunks from a source, one pull at a time. */
interface Pump<E> {
  /** The chunks that have arrived, the end after the last ones, or `undefined` where there is nothing yet. */
  readonly poll: () => Chunks | End<E> | undefined
  /** Calls back when `poll` returns something; the returned function withdraws the callback. */
  readonly wait: (callback: () => void) => () => void
  readonly stop: () => void
}

const makePump = <E>(
  source: BodySource,
  { clock, idle, onComplete, onError, onIdle }: BodyReaderOptions<E>,
  pull: NonNullable<BodySource["pullAll"]> = source.pull
): Pump<E> => {
  let isPulling = false
  let arrived: Chunks | undefined
  let end: End<E> | undefined
  let notify: (() => void) | undefined
  const receive = (chunks: Chunks, ending: End<E> | undefined) => {
    if (end === undefined) {
      isPulling = false
      arrived = chunks
      end = ending
      timer.pause()
      const callback = notify
      notify = undefined
      callback?.()
    }
  }
  const timer = makeIdleTimer(clock, idle, () => receive([], Option.some(onIdle())))
  const receiver = {
    onChunks: (chunks: Chunks, isLast: boolean) => {
      if (isLast) {
        onComplete?.()
      }
      receive(chunks, isLast ? Option.none() : undefined)
    },
    onError: (cause: unknown) => receive([], Option.some(onError(cause)))
  }
  return {
    poll: () => {
      if (!isPulling && end === undefined && arrived === undefined) {
        isPulling = true
        pull.call(source, receiver)
      }
      const chunks = arrived
      arrived = undefined
      return chunks === undefined || (chunks.length === 0 && end !== undefined) ? end : chunks
    },
    wait: (callback) => {
      notify = callback
      timer.start()
      return () => {
        notify = undefined
        timer.pause()
      }
    },
    stop: timer.stop
  }
}

/** Collects chunks until the body ends or `limit` bytes have arrived, without a wait for chunks that have arrived already. */
const collect = <E, E2>(
  source: BodySource,
  options: BodyReaderOptions<E>,
  limit: number,
  result: (chunks: Chunks, end: End<E>) => Effect.Effect<Uint8Array, E2>
): Effect.Effect<Uint8Array, E2> => {
  const pump = makePump(source, options, limit === Infinity ? source.pullAll : undefined)
  const chunks: Array<Uint8Array> = []
  let size = 0
  const add = (arrived: Chunks): End<E> | undefined => {
    for (const chunk of arrived) {
      chunks.push(chunk)
      size += chunk.byteLength
    }
    return size >= limit ? Option.none() : undefined
  }
  /** Takes what has arrived; returns the result at the end. */
  const advance = (): Effect.Effect<Uint8Array, E2> | undefined => {
    for (let next = pump.poll(); next !== undefined; next = pump.poll()) {
      const end = Option.isOption(next) ? next : add(next)
      if (end !== undefined) {
        pump.stop()
        const ended = Effect.suspend(() => result(chunks, end))
        return end === next && Option.isNone(end) ? ended : Effect.zipRight(source.cancel, ended)
      }
    }
    return undefined
  }
  return advance() ?? Effect.async((resume) => {
    const step = () => {
      const ended = advance()
      if (ended === undefined) {
        pump.wait(step)
      } else {
        resume(ended)
      }
    }
    step()
    return Effect.suspend(() => {
      pump.stop()
      return source.cancel
    })
  })
}

/** Streams the chunks. A pull that is interrupted loses nothing: the next one receives its chunks. */
const streamChunks = <E>(source: BodySource, options: BodyReaderOptions<E>): Stream.Stream<Uint8Array, E> => {
  const pump = makePump(source, options)
  const next: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>> = Effect.suspend(() => {
    const arrived = pump.poll()
    if (arrived === undefined) {
      return wait
    }
    return Option.isOption(arrived) ? Effect.fail(arrived) : Effect.succeed(Chunk.unsafeFromArray(arrived))
  })
  const wait: typeof next = Effect.async((resume) => Effect.sync(pump.wait(() => resume(next))))
  const close = Effect.suspend(() => {
    pump.stop()
    return source.cancel
  })
  return Stream.ensuring(Stream.repeatEffectChunkOption(next), close)
}

/** Makes the reader of a body. */
export const makeBodyReader = <E>(source: BodySource, options: BodyReaderOptions<E>): BodyReader<E> => {
  let isRead = false
  const readOnce = <A>(read: () => A, fail: (error: E) => A): A => {
    if (isRead) {
      return fail(options.onError(new Error("The response body has been read already")))
    }
    isRead = true
    return read()
  }
  const allBytes = (chunks: Chunks, end: End<E>) =>
    Option.isSome(end) ? Effect.fail(end.value) : Effect.succeed(concatExact(chunks))
  return {
    bytes: Effect.suspend(() => readOnce(() => collect(source, options, Infinity, allBytes), Effect.fail)),
    firstBytes: (limit) =>
      Effect.suspend(() => collect(source, options, limit, (chunks) => Effect.succeed(concat(chunks)))),
    stream: Stream.suspend(() => readOnce(() => streamChunks(source, options), Stream.fail))
  }
}
