/** Reads the rows of a batch in groups, each of which is sent in one request. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Rows } from "../../Batch.ts"
import type { InvalidInputError } from "../../SageMakerError.ts"
import { guardReads } from "../operation/readMembers.ts"
import { invalid } from "./options.ts"

/** The rows of one request. */
export interface Group<Row> {
  /** The index of the first row. */
  readonly start: number
  readonly rows: ReadonlyArray<Row>
}

/** The limits of one group. */
export interface GroupLimits<Row, R> {
  readonly maxRows: number
  readonly maxBytes: number
  /** The bytes that a row adds to a request. */
  readonly sizeOf: (row: Row) => Effect.Effect<number, never, R>
  /** Whether a group ends after a number of rows. It is called after each read. Default: never. */
  readonly isEnd?: ((rows: number) => boolean) | undefined
}

/** Reads some rows. Fails with `None` after the last one. */
type Pull<Row, E, R> = Effect.Effect<ReadonlyArray<Row>, Option.Option<E>, R>

/** The largest number of rows that are read from an iterable at once. */
const maxRead = 4_096

const unreadable = () => Option.some(invalid("rows", "readable without an error"))

/** Reads rows of an iterable. An exception of its iterator becomes an error, without its text. */
const pullIterable = <Row>(
  rows: Iterable<Row>,
  count: number
): Effect.Effect<Pull<Row, InvalidInputError, never>, never, Scope.Scope> =>
  Effect.gen(function*() {
    let iterator: Iterator<Row> | undefined
    let end: Option.Option<InvalidInputError> | undefined
    const read = (): ReadonlyArray<Row> => {
      const taken: Array<Row> = []
      try {
        iterator ??= rows[Symbol.iterator]()
        while (taken.length < count) {
          const next = iterator.next()
          if (next.done === true) {
            end = Option.none()
            break
          }
          taken.push(next.value)
        }
      } catch {
        end = unreadable()
      }
      return taken
    }
    yield* Effect.addFinalizer(() =>
      end === undefined ? Effect.ignore(Effect.try(() => iterator?.return?.())) : Effect.void
    )
    return Effect.suspend((): Pull<Row, InvalidInputError, never> => {
      const taken = end === undefined ? read() : []
      return end !== undefined && taken.length === 0 ? Effect.fail(end) : Effect.succeed(taken)
    })
  })

/** Whether a value can be the rows of a batch. */
export const isRows = (value: unknown): value is Rows<unknown, unknown, unknown> =>
  Either.getOrElse(
    guardReads("rows", () => Predicate.hasProperty(value, Stream.StreamTypeId) || Predicate.isIterable(value)),
    () => false
  )

const pullRows = <Row, E, R>(
  rows: Rows<Row, E, R>,
  maxRows: number
): Effect.Effect<Pull<Row, E | InvalidInputError, R>, InvalidInputError, R | Scope.Scope> => {
  if (!isRows(rows)) {
    return Effect.fail(invalid("rows", "an iterable or a Stream"))
  }
  return Predicate.hasProperty(rows, Stream.StreamTypeId)
    ? Effect.map(Stream.toPull(rows), Effect.map(Chunk.toReadonlyArray))
    : pullIterable(rows, Math.min(maxRows, maxRead))
}

/** Collects rows. A group ends before the row that would exceed a limit. A larger row is a group of its own. */
class Collector<Row> {
  readonly #maxRows: number
  readonly #maxBytes: number
  readonly #ended: Array<Group<Row>> = []
  #rows: Array<Row> = []
  #bytes = 0
  #start = 0

  constructor({ maxBytes, maxRows }: { readonly maxRows: number; readonly maxBytes: number }) {
    this.#maxRows = maxRows
    this.#maxBytes = maxBytes
  }

  /** Adds rows to groups without a limit of bytes. */
  addAll(rows: ReadonlyArray<Row>): void {
    let position = 0
    while (position < rows.length) {
      const next = Math.min(rows.length, position + this.#maxRows - this.#rows.length)
      if (this.#rows.length === 0) {
        this.#rows = rows.slice(position, next)
      } else {
        for (let index = position; index < next; index += 1) {
          this.#rows.push(rows[index]!)
        }
      }
      position = next
      this.#endIfFull()
    }
  }

  add(row: Row, size: number): void {
    if (this.#bytes + size > this.#maxBytes) {
      this.end()
    }
    this.#rows.push(row)
    this.#bytes += size
    this.#endIfFull()
  }

  #endIfFull(): void {
    if (this.#rows.length === this.#maxRows) {
      this.end()
    }
  }

  /** The number of rows so far. */
  get read(): number {
    return this.#start + this.#rows.length
  }

  end(): void {
    if (this.#rows.length > 0) {
      this.#ended.push({ start: this.#start, rows: this.#rows })
      this.#start += this.#rows.length
      this.#rows = []
      this.#bytes = 0
    }
  }

  /** Removes the next group that has ended. */
  take(): Group<Row> | undefined {
    return this.#ended.shift()
  }
}

/** The end of the rows: `undefined`, or their failure. */
const endOf = <E>(cause: Cause.Cause<Option.Option<E>>): Effect.Effect<undefined, E> =>
  Option.match(Cause.flipCauseOption(cause), {
    onNone: () => Effect.succeed(undefined),
    onSome: Effect.failCause
  })

/** Makes an effect that reads the next group. It returns `undefined` after the last one. */
export const readGroups = <Row, E, R, R2>(
  rows: Rows<Row, E, R>,
  { isEnd = () => false, maxBytes, maxRows, sizeOf }: GroupLimits<Row, R2>
): Effect.Effect<
  Effect.Effect<Group<Row> | undefined, E | InvalidInputError, R | R2>,
  InvalidInputError,
  R | Scope.Scope
> =>
  Effect.map(pullRows(rows, maxRows), (pull) => {
    const collector = new Collector<Row>({ maxRows, maxBytes })
    const collect = (pulled: ReadonlyArray<Row>): Effect.Effect<void, never, R2> =>
      maxBytes === Infinity
        ? Effect.sync(() => collector.addAll(pulled))
        : Effect.forEach(pulled, (row) => Effect.map(sizeOf(row), (size) => collector.add(row, size)), {
          discard: true
        })
    let end: Effect.Effect<undefined, E | InvalidInputError> | undefined
    const more: Effect.Effect<void, never, R | R2> = Effect.matchCauseEffect(pull, {
      onFailure: (cause) =>
        Effect.sync(() => {
          collector.end()
          end = endOf(cause)
        }),
      onSuccess: (pulled) =>
        Effect.map(collect(pulled), () => {
          if (isEnd(collector.read)) {
            collector.end()
          }
        })
    })
    const next: Effect.Effect<Group<Row> | undefined, E | InvalidInputError, R | R2> = Effect.suspend(() => {
      const group = collector.take()
      return group === undefined ? end ?? Effect.zipRight(more, next) : Effect.succeed(group)
    })
    return next
  })
