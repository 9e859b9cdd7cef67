/** Workers that process items of a source concurrently. They read an item when they can process it. */
import type * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Limit } from "./limit.ts"

/** What workers process, and how. */
export interface Work<Item, A, E, R> {
  /** Reads the next item. `undefined` after the last one. One worker reads at a time. */
  readonly read: Effect.Effect<Item | undefined, E, R>
  readonly process: (item: Item) => Effect.Effect<ReadonlyArray<A>, E, R>
  readonly limit: Pick<Limit, "current" | "running">
  /** The maximum number of items that are read and not emitted yet. */
  readonly maxPending: number
  /** Whether the results have the order of the items. */
  readonly isOrdered: boolean
}

/** The results that are not emitted yet. */
class Results<A> {
  readonly #isOrdered: boolean
  /** The results by the number of their item, which is that of its end if the order does not matter. */
  readonly #finished = new Map<number, ReadonlyArray<A>>()
  #read = 0
  #ended = 0
  #emitted = 0

  constructor(isOrdered: boolean) {
    this.#isOrdered = isOrdered
  }

  /** The number of items that are read and not emitted. */
  get pending(): number {
    return this.#read - this.#emitted
  }

  /** Returns the number of an item that was read. */
  add(): number {
    const number = this.#read
    this.#read += 1
    return number
  }

  end(number: number, results: ReadonlyArray<A>): void {
    this.#finished.set(this.#isOrdered ? number : this.#ended, results)
    this.#ended += 1
  }

  /** Whether the results of the next item can be taken. */
  get isReady(): boolean {
    return this.#finished.has(this.#emitted)
  }

  /** Removes the results of the next item. */
  take(): ReadonlyArray<A> | undefined {
    const results = this.#finished.get(this.#emitted)
    if (results !== undefined) {
      this.#finished.delete(this.#emitted)
      this.#emitted += 1
    }
    return results
  }
}

/** The workers of one stream. */
class Workers<Item, A, E, R> {
  readonly #work: Work<Item, A, E, R>
  readonly #scope: Scope.Scope
  readonly #results: Results<A>
  #isReading = false
  /** How the source ended. The results of its items come before. */
  #end: Exit.Exit<void, E> | undefined
  /** Why an item cannot be processed. No further item is read. */
  #failure: Cause.Cause<E> | undefined
  #wake = (): void => {}

  constructor(work: Work<Item, A, E, R>, scope: Scope.Scope) {
    this.#work = work
    this.#scope = scope
    this.#results = new Results(work.isOrdered)
  }

  /** Waits for the next results. */
  readonly pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>, R> = Effect.suspend(() => {
    const results = this.#results.take()
    if (results !== undefined) {
      return Effect.as(this.#start, Chunk.unsafeFromArray(results))
    }
    if (this.#failure !== undefined) {
      return Effect.mapError(Effect.failCause(this.#failure), Option.some)
    }
    if (this.#end !== undefined && this.#results.pending === 0) {
      return Effect.zipRight(Effect.mapError(this.#end, Option.some), Effect.fail(Option.none()))
    }
    return Effect.zipRight(Effect.zipRight(this.#start, this.#wait), this.pull)
  })

  get #isReady(): boolean {
    return this.#results.isReady || this.#failure !== undefined ||
      (this.#end !== undefined && this.#results.pending === 0)
  }

  /** A worker can end between a pull and its wait. */
  readonly #wait = Effect.async<void>((resume) => {
    this.#wake = () => {
      resume(Effect.void)
    }
    if (this.#isReady) {
      this.#wake()
    }
  })

  /** Reserves the source for a worker. Fails if a worker reads or the limits are reached. */
  #reserve(): boolean {
    const { limit, maxPending } = this.#work
    const isFree = !this.#isReading && this.#end === undefined && this.#failure === undefined &&
      limit.running < limit.current && this.#results.pending < maxPending
    if (isFree) {
      this.#isReading = true
      limit.running += 1
    }
    return isFree
  }

  /** Starts a worker, which starts the next one when it has an item. */
  readonly #start: Effect.Effect<void, never, R> = Effect.suspend(() =>
    this.#reserve() ? Effect.asVoid(Effect.forkIn(Effect.interruptible(this.#next), this.#scope)) : Effect.void
  )

  /** Reads an item and processes it, then continues with the next one. */
  readonly #next: Effect.Effect<void, never, R> = Effect.suspend(() =>
    Effect.matchCauseEffect(this.#work.read, {
      onFailure: (cause) => this.#sourceEnded(Exit.failCause(cause)),
      onSuccess: (item) => item === undefined ? this.#sourceEnded(Exit.void) : this.#process(item)
    })
  )

  #sourceEnded(exit: Exit.Exit<void, E>): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#isReading = false
      this.#end = exit
      this.#work.limit.running -= 1
      this.#wake()
    })
  }

  #process(item: Item): Effect.Effect<void, never, R> {
    const number = this.#results.add()
    this.#isReading = false
    return Effect.zipRight(
      this.#start,
      Effect.matchCauseEffect(this.#work.process(item), {
        onFailure: (cause) => Effect.sync(() => this.#ended(() => (this.#failure ??= cause))),
        onSuccess: (results) =>
          Effect.suspend(() => {
            this.#ended(() => this.#results.end(number, results))
            return this.#reserve() ? this.#next : Effect.void
          })
      })
    )
  }

  #ended(record: () => void): void {
    this.#work.limit.running -= 1
    record()
    this.#wake()
  }
}

/** The results of the items of a source. If the stream ends early, the workers are interrupted. */
export const processConcurrently = <Item, A, E, R, E2, R2>(
  make: Effect.Effect<Work<Item, A, E, R>, E2, R2 | Scope.Scope>
): Stream.Stream<A, E | E2, R | Exclude<R2, Scope.Scope>> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const workers = new Workers(yield* make, yield* Effect.scope)
    return Stream.fromPull(Effect.succeed(workers.pull))
  }))
