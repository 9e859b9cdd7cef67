/** Reads a response body once: as a whole, up to a number of bytes, or as a stream. */
import * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { concat, concatExact } from "../../protocol/bytes/bytes.ts"
import type { BodySource, ChunkReceiver } from "./bodySource.ts"
import { IdleTimer } from "./idleTimer.ts"

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

/** A response body that can be read once. */
export class BodyReader<E> {
  readonly #source: BodySource
  readonly #options: BodyReaderOptions<E>
  #isRead = false

  constructor(source: BodySource, options: BodyReaderOptions<E>) {
    this.#source = source
    this.#options = options
  }

  /** The whole body, in a buffer that holds nothing else. */
  get bytes(): Effect.Effect<Uint8Array, E> {
    return Effect.suspend(() => {
      const collector = new Collector(this.#source, this.#options, Infinity)
      return this.#claim()
        ? collector.run(({ chunks, error }) => error === undefined ? Effect.succeed(concatExact(chunks)) : error)
        : this.#alreadyRead
    })
  }

  /** The beginning of the body: at least `limit` bytes where it has as many, and not many more; empty after a failure. */
  firstBytes(limit: number): Effect.Effect<Uint8Array> {
    return Effect.suspend(() =>
      this.#claim()
        ? new Collector(this.#source, this.#options, limit).run(({ chunks }) => Effect.succeed(concat(chunks)))
        : Effect.succeed(new Uint8Array())
    )
  }

  /** The chunks as they arrive; ending the stream early closes the connection. */
  get stream(): Stream.Stream<Uint8Array, E> {
    return Stream.suspend(() => {
      const pulls = new StreamPulls(this.#source, this.#options)
      return this.#claim()
        ? Stream.ensuring(Stream.repeatEffectChunkOption(pulls.next), pulls.close)
        : Stream.fromEffect(this.#alreadyRead)
    })
  }

  #claim(): boolean {
    const isFirst = !this.#isRead
    this.#isRead = true
    return isFirst
  }

  get #alreadyRead(): Effect.Effect<never, E> {
    return Effect.fail(this.#options.onError(new Error("The body has been read already")))
  }
}

/** What a collector has read, and the error that ended it. */
interface Collected<E> {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly error: Effect.Effect<never, E> | undefined
}

/** Collects chunks until the body ends, an error occurs or `limit` bytes have arrived. */
class Collector<E> implements ChunkReceiver {
  readonly chunks: Array<Uint8Array> = []
  error: Effect.Effect<never, E> | undefined
  readonly #source: BodySource
  readonly #options: BodyReaderOptions<E>
  readonly #limit: number
  #timer: IdleTimer | undefined
  #size = 0
  #isPulling = false
  #hasReceived = false
  #isEnded = false
  #isIncomplete = false
  #onEnd: (() => void) | undefined

  constructor(source: BodySource, options: BodyReaderOptions<E>, limit: number) {
    this.#source = source
    this.#options = options
    this.#limit = limit
  }

  /** Reads, without a wait where all chunks have arrived already. */
  run<E2>(
    result: (collected: Collected<E>) => Effect.Effect<Uint8Array, E2>
  ): Effect.Effect<Uint8Array, E2> {
    const ended = Effect.suspend(() => {
      const read = Effect.suspend(() => result(this))
      return this.#isIncomplete ? Effect.zipRight(this.#source.cancel, read) : read
    })
    this.#pull()
    return this.#isEnded ? ended : Effect.async((resume) => {
      this.#onEnd = () => resume(ended)
      this.#wait()
      return Effect.suspend(() => {
        this.#onEnd = undefined
        this.#end()
        return this.#source.cancel
      })
    })
  }

  #wait(): void {
    if (this.#isEnded) {
      this.#onEnd?.()
      return
    }
    const { clock, idle, onIdle } = this.#options
    this.#timer ??= new IdleTimer(clock, idle, () => this.#fail(onIdle()))
    this.#timer.start()
  }

  onChunks(chunks: ReadonlyArray<Uint8Array>, isLast: boolean): void {
    for (const chunk of chunks) {
      this.chunks.push(chunk)
      this.#size += chunk.byteLength
    }
    if (isLast) {
      this.#options.onComplete?.()
      this.#end()
    } else if (this.#size >= this.#limit) {
      this.#isIncomplete = true
      this.#end()
    } else if (this.#isPulling) {
      this.#hasReceived = true
    } else if (!this.#isEnded) {
      this.#timer?.start()
      this.#pull()
    }
  }

  onError(cause: unknown): void {
    this.#fail(this.#options.onError(cause))
  }

  /** Pulls in a loop rather than recursively, as long as the source has chunks at once. */
  #pull(): void {
    const source = this.#source
    this.#isPulling = true
    do {
      this.#hasReceived = false
      if (this.#limit === Infinity && source.pullAll !== undefined) {
        source.pullAll(this)
      } else {
        source.pull(this)
      }
    } while (this.#hasReceived)
    this.#isPulling = false
  }

  #fail(error: E): void {
    this.error ??= Effect.fail(error)
    this.#isIncomplete = true
    this.#end()
  }

  #end(): void {
    if (!this.#isEnded) {
      this.#isEnded = true
      this.#timer?.stop()
      this.#onEnd?.()
    }
  }
}

type Pulled<E> = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>>

/** The pulls of a stream. A pull that is interrupted loses nothing: the next one receives its chunks. */
class StreamPulls<E> implements ChunkReceiver {
  readonly #source: BodySource
  readonly #options: BodyReaderOptions<E>
  readonly #timer: IdleTimer
  #isPulling = false
  #received: Pulled<E> | undefined
  #end: Pulled<E> | undefined
  #onReceived: (() => void) | undefined

  constructor(source: BodySource, options: BodyReaderOptions<E>) {
    this.#source = source
    this.#options = options
    this.#timer = new IdleTimer(
      options.clock,
      options.idle,
      () => this.#receive(undefined, this.#failure(options.onIdle()))
    )
  }

  /** The next chunks, once they have arrived. */
  readonly next: Pulled<E> = Effect.suspend(() => {
    if (this.#received === undefined && this.#end === undefined && !this.#isPulling) {
      this.#isPulling = true
      this.#source.pull(this)
    }
    return this.#take() ?? (this.#isPulling ? this.#wait : this.next)
  })

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#timer.stop()
    return this.#source.cancel
  })

  onChunks(chunks: ReadonlyArray<Uint8Array>, isLast: boolean): void {
    if (isLast) {
      this.#options.onComplete?.()
    }
    const received = chunks.length === 0 ? undefined : Effect.succeed(Chunk.unsafeFromArray(chunks))
    this.#receive(received, isLast ? Effect.fail(Option.none()) : undefined)
  }

  onError(cause: unknown): void {
    this.#receive(undefined, this.#failure(this.#options.onError(cause)))
  }

  readonly #wait: Pulled<E> = Effect.async((resume) => {
    this.#onReceived = () => resume(this.next)
    this.#timer.start()
    return Effect.sync(() => {
      this.#onReceived = undefined
      this.#timer.pause()
    })
  })

  #failure(error: E): Pulled<E> {
    return Effect.fail(Option.some(error))
  }

  #receive(received: Pulled<E> | undefined, end: Pulled<E> | undefined): void {
    if (this.#end !== undefined) {
      return
    }
    this.#isPulling = false
    this.#received = received
    this.#end = end
    this.#timer.pause()
    const notify = this.#onReceived
    this.#onReceived = undefined
    notify?.()
  }

  #take(): Pulled<E> | undefined {
    const received = this.#received ?? this.#end
    this.#received = undefined
    return received
  }
}
