import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"
import { concat, concatExact } from "../../../protocol/bytes/bytes.ts"
import { after, cancel, type Timer } from "./timer.ts"

/** How many bytes may wait for a reader before the connection is paused. */
const maxWaiting = 64 * 1024

const left = new Error("The body was left before its end")

/** Nothing came for as long as the reader would wait. */
export class Silence {
  readonly _tag = "Silence"
}

/** How reading a body came to its end: it was over, without or with an error, or the reader had enough. */
type End = Option.Option<Error | Silence> | "enough"

/** What is made of the chunks a reader has taken. */
type Result<E> = (chunks: ReadonlyArray<Uint8Array>, end: End) => Effect.Effect<Uint8Array, E>

/** A response's body between the connection that fills it and the one reader that empties it. */
export class Body {
  readonly #controller: Dispatcher.DispatchController
  #waiting: Array<Uint8Array> = []
  #size = 0
  #over: Option.Option<Error> | undefined
  #wake: (() => void) | undefined
  #isTaken = false

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller
  }

  push(chunk: Uint8Array): void {
    this.#waiting.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.#size += chunk.byteLength
    if (this.#wake === undefined && this.#size >= maxWaiting) {
      this.#controller.pause()
    }
    this.#notify()
  }

  end(): void {
    this.#finish(Option.none())
  }

  fail(error: Error): void {
    this.#finish(Option.some(error))
  }

  /** Closes the connection unless the body is over. */
  leave(): void {
    this.#wake = undefined
    if (this.#over === undefined) {
      this.#controller.abort(left)
    }
  }

  /** The whole of it, in a buffer of its own; interrupting closes the connection. */
  rest<E>(idle: number, lost: (cause: Error | Silence) => E): Effect.Effect<Uint8Array, E> {
    return this.#read(
      (error) => Effect.fail(lost(error)),
      Infinity,
      idle,
      (chunks, end) =>
        end !== "enough" && Option.isSome(end) ? Effect.fail(lost(end.value)) : Effect.succeed(concatExact(chunks))
    )
  }

  /** As much as comes of it, up to about so many bytes. */
  start(limit: number, idle: number): Effect.Effect<Uint8Array> {
    return this.#read(() => Effect.succeed(new Uint8Array()), limit, idle, (chunks) => Effect.succeed(concat(chunks)))
  }

  /** The chunks as they come; leaving it before its end closes the connection. */
  stream(idle: number): Stream.Stream<Uint8Array, Error | Silence> {
    const take: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<Error | Silence>> = Effect.suspend(() =>
      this.#size > 0
        ? Effect.succeed(Chunk.unsafeFromArray(this.#taken()))
        : this.#over === undefined
        ? next
        : Effect.fail(this.#over)
    )
    const next = Effect.async<Chunk.Chunk<Uint8Array>, Option.Option<Error | Silence>>((resume) => {
      const timer = after(idle, () => {
        this.leave()
        resume(Effect.fail(Option.some(new Silence())))
      })
      this.#wait(() => {
        cancel(timer)
        resume(take)
      })
      return Effect.sync(() => {
        cancel(timer)
        this.#wake = undefined
      })
    })
    return Stream.suspend(() =>
      this.#take(
        () => Stream.ensuring(Stream.repeatEffectChunkOption(take), Effect.sync(() => this.leave())),
        Stream.fail
      )
    )
  }

  /** One reader may have it. */
  #take<A>(read: () => A, refuse: (error: Error) => A): A {
    const mayRead = !this.#isTaken
    this.#isTaken = true
    return mayRead ? read() : refuse(new Error("The body has been read"))
  }

  #read<E>(
    refuse: (error: Error) => Effect.Effect<Uint8Array, E>,
    limit: number,
    idle: number,
    result: Result<E>
  ): Effect.Effect<Uint8Array, E> {
    const read = (): Effect.Effect<Uint8Array, E> =>
      this.#over !== undefined && this.#size < limit
        ? result(this.#taken(), this.#over)
        : Effect.async((resume) => this.#collect(limit, idle, (chunks, end) => resume(result(chunks, end))))
    return Effect.suspend(() => this.#take(read, refuse))
  }

  #collect(limit: number, idle: number, done: (chunks: Array<Uint8Array>, end: End) => void): Effect.Effect<void> {
    const chunks: Array<Uint8Array> = []
    let size = 0
    let timer: Timer
    const end = (how: End) => {
      cancel(timer)
      this.leave()
      done(chunks, how)
    }
    const collect = () => {
      size += this.#size
      for (const chunk of this.#taken()) {
        chunks.push(chunk)
      }
      if (size >= limit) {
        end("enough")
      } else if (this.#over === undefined) {
        timer?.refresh()
        this.#wait(collect)
      } else {
        end(this.#over)
      }
    }
    timer = after(idle, () => end(Option.some(new Silence())))
    collect()
    return Effect.sync(() => {
      cancel(timer)
      this.leave()
    })
  }

  #taken(): Array<Uint8Array> {
    const taken = this.#waiting
    this.#waiting = []
    this.#size = 0
    return taken
  }

  #wait(wake: () => void): void {
    this.#wake = wake
    if (this.#controller.paused) {
      this.#controller.resume()
    }
  }

  #notify(): void {
    const waiter = this.#wake
    this.#wake = undefined
    waiter?.()
  }

  #finish(how: Option.Option<Error>): void {
    this.#over ??= how
    this.#notify()
  }
}
