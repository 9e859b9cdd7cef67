/** Async iteration over a stream, which runs only while a value is requested. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Start, Stop, TaskOptions } from "./tasks.ts"

interface Request<A> {
  readonly resolve: (result: IteratorResult<A, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** How a stream ended. An error is reported once. */
type End = { error: unknown; isReported: boolean } | "done"

const done = { done: true, value: undefined } as const

/** A stream whose values are pulled one at a time. It starts with the first request. */
class Iteration<A, E, R> implements AsyncIterableIterator<A, undefined> {
  readonly #stream: Stream.Stream<A, E, R>
  readonly #start: Start<R>
  readonly #options: TaskOptions
  readonly #requests: Array<Request<A>> = []
  #values: ReadonlyArray<A> = []
  #position = 0
  #resume: (() => void) | undefined
  #stop: Stop | undefined
  #end: End | undefined

  constructor(stream: Stream.Stream<A, E, R>, start: Start<R>, options: TaskOptions) {
    this.#stream = stream
    this.#start = start
    this.#options = options
  }

  next(): Promise<IteratorResult<A, undefined>> {
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject })
      if (this.#stop === undefined && this.#end === undefined) {
        this.#stop = this.#run()
      }
      this.#respond()
    })
  }

  async return(): Promise<IteratorResult<A, undefined>> {
    this.#finish("done")
    await this.#stop?.(undefined)
    return done
  }

  async throw(error?: unknown): Promise<IteratorResult<A, undefined>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #run(): Stop {
    return this.#start(Stream.runForEachChunk(this.#stream, (chunk) => this.#emit(chunk)), this.#options, {
      onSuccess: () => this.#finish("done"),
      onFailure: (error) => this.#finish({ error, isReported: false })
    })
  }

  /** Completes when all values of the chunk are taken and another one is requested. */
  #emit(chunk: Chunk.Chunk<A>): Effect.Effect<void> {
    const waiting = Effect.async<void>((resume) => {
      this.#resume = () => resume(Effect.void)
      this.#respond()
    })
    return Effect.suspend(() => {
      this.#values = Chunk.toReadonlyArray(chunk)
      this.#position = 0
      this.#respond()
      // An immediate resume of `Effect.async` would restart the count of steps after which a fiber yields.
      return this.#requests.length > 0 ? Effect.void : waiting
    })
  }

  #finish(end: End): void {
    if (this.#end === undefined) {
      this.#end = end
      this.#values = []
      this.#position = 0
      this.#respond()
    }
  }

  #respond(): void {
    while (this.#requests.length > 0) {
      if (this.#position < this.#values.length) {
        this.#requests.shift()!.resolve({ done: false, value: this.#values[this.#position++]! })
      } else if (this.#end !== undefined) {
        settle(this.#requests.shift()!, this.#end)
      } else {
        const resume = this.#resume
        this.#resume = undefined
        resume?.()
        return
      }
    }
  }
}

const settle = <A>({ reject, resolve }: Request<A>, end: End): void => {
  if (end === "done" || end.isReported) {
    resolve(done)
  } else {
    end.isReported = true
    reject(end.error)
  }
}

/** Each iteration runs the stream. */
export const iterate = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  start: Start<R>,
  options: TaskOptions
): AsyncIterable<A> => ({
  [Symbol.asyncIterator]: () => new Iteration(stream, start, options)
})
