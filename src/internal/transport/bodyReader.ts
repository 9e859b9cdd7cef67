/** Reads a response body once: as a whole, up to a number of bytes, or as a stream. */
import * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { LazyArg } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { addPiece, concatExact, type Pieces, piecesInOrder } from "../../protocol/bytes/bytes.ts"
import { guard } from "../../protocol/function/guard.ts"
import { noop } from "../time/timer.ts"
import type { BodySource, ChunkReceiver } from "./bodySource.ts"
import { type IdleTimer, makeIdleTimer } from "./idleTimer.ts"

/** The timeout and the errors of reading a body. */
export interface BodyReaderOptions<E> {
  readonly clock: Clock.Clock
  /** How long a read waits for the next chunk, in milliseconds; `Infinity` waits forever. */
  readonly idle: number
  readonly onIdle: () => E
  readonly onError: (cause: unknown) => E
  /** Runs once the last chunk has arrived. */
  readonly onComplete?: (() => void) | undefined
}

/** When reading a whole body ends, in milliseconds of the monotonic clock. */
export interface BodyDeadline<E> {
  readonly at: number
  readonly onTimeout: () => E
}

type Chunks = ReadonlyArray<Uint8Array>

/** How a body ended: `None` at its end, otherwise with an error, which the reading fiber makes. */
type End<E> = Option.Option<LazyArg<E>>

/** A response body that can be read once, in one of three ways. It is a class for speed: every call makes one. */
export class BodyReader<E> {
  readonly #source: BodySource
  readonly #options: BodyReaderOptions<E>
  #isRead = false
  #pump: Pump<E> | undefined
  #abortError: LazyArg<E> | undefined

  constructor(source: BodySource, options: BodyReaderOptions<E>) {
    this.#source = source
    this.#options = options
  }

  /**
   * The whole body. Its buffer contains no other data.
   *
   * It fails as soon as more than `limit` bytes have arrived, or if there is no memory for the body.
   */
  bytes<E2>(
    limit: number,
    onTooLarge: (isOverLimit: boolean) => E2,
    deadline?: BodyDeadline<E>
  ): Effect.Effect<Uint8Array, E | E2> {
    return Effect.suspend(() =>
      this.#readOnce(
        (pump) =>
          collect<E, E | E2>(pump, { limit: limit + 1, isWhole: true }, ({ isCut, pieces, size }, end) => {
            if (Option.isSome(end)) {
              return Effect.failSync(end.value)
            }
            const joined = isCut || size > limit ? undefined : joinIfPossible(pieces)
            return joined === undefined ? Effect.failSync(() => onTooLarge(size > limit)) : Effect.succeed(joined)
          }),
        Effect.fail,
        deadline
      )
    )
  }

  /** The chunks of the body up to the one that reaches `limit` bytes. A read error only ends the result. */
  firstBytes(limit: number, deadline?: BodyDeadline<E>): Effect.Effect<Uint8Array> {
    return Effect.suspend(() =>
      collect(
        new Pump(this.#source, this.#options, deadline),
        { limit, isWhole: false },
        ({ pieces }) => Effect.succeed(joinIfPossible(pieces) ?? new Uint8Array())
      )
    )
  }

  /** The chunks as they arrive; ending the stream early closes the connection. */
  get stream(): Stream.Stream<Uint8Array, E> {
    return Stream.suspend(() => this.#readOnce(streamChunks, Stream.fail))
  }

  /** Ends the body with an error, after the chunks that have arrived. */
  abort(error: LazyArg<E>): void {
    this.#abortError ??= error
    this.#pump?.abort(error)
  }

  /** Restarts the idle timeout, because the request body has made progress. */
  restartIdle(): void {
    this.#pump?.restartIdle()
  }

  #readOnce<A>(read: (pump: Pump<E>) => A, fail: (error: E) => A, deadline?: BodyDeadline<E>): A {
    if (this.#isRead) {
      return fail(this.#options.onError(new Error("The response body has been read already")))
    }
    this.#isRead = true
    const pump = new Pump(this.#source, this.#options, deadline)
    this.#pump = pump
    if (this.#abortError !== undefined) {
      pump.abort(this.#abortError)
    }
    return read(pump)
  }
}

/** Pulls chunks from a source, one pull at a time. An error of the source, thrown or reported, ends the body. */
class Pump<E> implements ChunkReceiver {
  readonly source: BodySource
  readonly #options: BodyReaderOptions<E>
  readonly #deadline: BodyDeadline<E> | undefined
  #timer: IdleTimer | undefined
  #isPulling = false
  #arrived: Chunks | undefined
  #end: End<E> | undefined
  #notify: (() => void) | undefined

  constructor(source: BodySource, options: BodyReaderOptions<E>, deadline?: BodyDeadline<E>) {
    this.source = source
    this.#options = options
    this.#deadline = deadline
  }

  /** Returns the chunks that have arrived, the end if the body has ended, or `undefined` if neither. */
  poll(isAllWanted: boolean): Chunks | End<E> | undefined {
    this.#request(isAllWanted)
    if (this.#arrived !== undefined) {
      // The next chunks arrive while the caller processes these.
      this.#request(isAllWanted)
    }
    const chunks = this.#arrived
    this.#arrived = undefined
    return chunks === undefined || (chunks.length === 0 && this.#end !== undefined) ? this.#end : chunks
  }

  /** Calls `callback` when `poll` has a result. */
  wait(callback: () => void): void {
    this.#notify = callback
    this.#timer ??= this.#makeTimer()
    this.#timer.start()
  }

  /** Removes the callback. */
  pause(): void {
    this.#notify = undefined
    this.#timer?.pause()
  }

  abort(error: LazyArg<E>): void {
    this.#receive([], Option.some(error))
  }

  restartIdle(): void {
    if (this.#notify !== undefined) {
      this.#timer?.start()
    }
  }

  stop(): void {
    this.#timer?.stop()
  }

  /** The end of a body whose reader threw an error. */
  failure(cause: unknown): End<E> {
    return Option.some(() => this.#options.onError(cause))
  }

  onChunks(chunks: Chunks, isLast: boolean): void {
    const { onComplete } = this.#options
    if (isLast && onComplete !== undefined) {
      guard(onComplete, noop)
    }
    this.#receive(chunks, isLast ? Option.none() : undefined)
  }

  onError(cause: unknown): void {
    this.#receive([], this.failure(cause))
  }

  #makeTimer(): IdleTimer {
    const { clock, idle, onIdle } = this.#options
    const deadline = this.#deadline
    const fail = (onTimeout: () => E) => () => this.#receive([], Option.some(onTimeout))
    return makeIdleTimer(clock, {
      idle,
      onIdle: fail(onIdle),
      until: deadline?.at ?? Infinity,
      onUntil: fail(deadline?.onTimeout ?? onIdle)
    })
  }

  #request(isAllWanted: boolean): void {
    if (this.#isPulling || this.#end !== undefined) {
      return
    }
    this.#isPulling = true
    try {
      if (isAllWanted && this.source.pullAll !== undefined) {
        this.source.pullAll(this)
      } else {
        this.source.pull(this)
      }
    } catch (cause) {
      this.onError(cause)
    }
  }

  #receive(chunks: Chunks, end: End<E> | undefined): void {
    if (this.#end !== undefined) {
      return
    }
    this.#isPulling = false
    try {
      this.#arrived = this.#arrived === undefined ? chunks : this.#arrived.concat(chunks)
      this.#end = end
    } catch (cause) {
      this.#end = this.failure(cause)
    }
    const notify = this.#notify
    this.pause()
    notify?.()
  }
}

/** What has been read of a body. */
interface Collected {
  readonly pieces: Pieces | undefined
  readonly size: number
  /** Whether there was no memory for the rest. */
  readonly isCut: boolean
}

/** A body in one buffer; `undefined` if no buffer can hold it. */
const joinIfPossible = (pieces: Pieces | undefined): Uint8Array | undefined => {
  try {
    return concatExact(piecesInOrder(pieces))
  } catch {
    return undefined
  }
}

/** The chunks that have arrived. */
class Collection implements Collected {
  pieces: Pieces | undefined
  size = 0
  isCut = false

  add(arrived: Chunks): void {
    try {
      for (const chunk of arrived) {
        this.pieces = addPiece(this.pieces, chunk)
        this.size += chunk.byteLength
      }
    } catch {
      this.isCut = true
    }
  }
}

/** Collects chunks until the body ends or `limit` bytes have arrived. */
const collect = <E, E2>(
  pump: Pump<E>,
  { isWhole, limit }: { readonly limit: number; readonly isWhole: boolean },
  result: (collected: Collected, end: End<E>) => Effect.Effect<Uint8Array, E2>
): Effect.Effect<Uint8Array, E2> => {
  const collection = new Collection()
  /** Adds the chunks that have arrived. Returns the result if the body has ended or the limit is reached. */
  const advance = (): Effect.Effect<Uint8Array, E2> | undefined => {
    for (let next = pump.poll(isWhole); next !== undefined; next = pump.poll(isWhole)) {
      if (Option.isOption(next)) {
        const end = next
        pump.stop()
        const ended = Effect.suspend(() => result(collection, end))
        return Option.isNone(end) ? ended : Effect.zipRight(pump.source.cancel, ended)
      }
      collection.add(next)
      if (collection.isCut || collection.size >= limit) {
        return Effect.zipRight(close(pump), Effect.suspend(() => result(collection, Option.none())))
      }
    }
    return undefined
  }
  return advance() ?? Effect.async((resume) => {
    const step = () =>
      guard(() => {
        const ended = advance()
        if (ended === undefined) {
          pump.wait(step)
        } else {
          resume(ended)
        }
      }, (cause) => resume(Effect.zipRight(close(pump), result(collection, pump.failure(cause)))))
    step()
    return close(pump)
  })
}

const close = (pump: Pump<unknown>): Effect.Effect<void> =>
  Effect.suspend(() => {
    pump.stop()
    return pump.source.cancel
  })

/** Streams the chunks. After an interrupted pull, the next pull receives its chunks. */
const streamChunks = <E>(pump: Pump<E>): Stream.Stream<Uint8Array, E> => {
  const next: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>> = Effect.suspend(() => {
    const arrived = pump.poll(false)
    if (arrived === undefined) {
      return wait
    }
    return Option.isOption(arrived)
      ? Effect.failSync(() => Option.map(arrived, (error) => error()))
      : Effect.succeed(Chunk.unsafeFromArray(arrived))
  })
  const wait: typeof next = Effect.async((resume) => {
    pump.wait(() => resume(next))
    return Effect.sync(() => pump.pause())
  })
  return Stream.ensuring(Stream.repeatEffectChunkOption(next), close(pump))
}
