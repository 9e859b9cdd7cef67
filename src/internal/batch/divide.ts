/** Finds the rows that a request fails for. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { isRejection, isRowError, isTooLarge } from "./outcome.ts"

/** Positions of rows in their group, in ascending order. */
type Positions = ReadonlyArray<number>

/** Sends some rows of a group in one request. Fails for an error of the whole batch. */
export type SendRows<Out, E, E2, R> = (
  positions: Positions
) => Effect.Effect<Either.Either<ReadonlyArray<Out>, E>, E2, R>

/** The second half is not smaller than the first one. */
const halves = (positions: Positions): readonly [Positions, Positions] => {
  const middle = Math.floor(positions.length / 2)
  return [positions.slice(0, middle), positions.slice(middle)]
}

/** A list of a batcher can have holes, which `map` skips. */
const successes = <Out>(values: ReadonlyArray<Out>): ReadonlyArray<Either.Either<Out>> => {
  const results: Array<Either.Either<Out>> = []
  for (let position = 0; position < values.length; position += 1) {
    results.push(Either.right(values[position]!))
  }
  return results
}

/** The rows of one group with their results. */
class Division<Out, E, E2, R> {
  readonly results: Array<Either.Either<Out, E>> = []
  readonly #send: SendRows<Out, E, E2, R>

  constructor(send: SendRows<Out, E, E2, R>) {
    this.#send = send
  }

  #record(positions: Positions, outcome: Either.Either<ReadonlyArray<Out>, E>): void {
    if (Either.isLeft(outcome)) {
      const failure = Either.left(outcome.left)
      positions.forEach((position) => {
        this.results[position] = failure
      })
      return
    }
    for (let index = 0; index < positions.length; index += 1) {
      this.results[positions[index]!] = Either.right(outcome.right[index]!)
    }
  }

  #hasSucceeded(positions: Positions): boolean {
    return positions.every((position) => Either.isRight(this.results[position]!))
  }

  /** Sends rows in one request and finds the rows that fail. */
  settle(positions: Positions): Effect.Effect<void, E2, R> {
    return Effect.flatMap(
      this.#send(positions),
      (outcome) =>
        Either.isLeft(outcome)
          ? this.settleFailed(positions, outcome.left)
          : Effect.sync(() => this.#record(positions, outcome))
    )
  }

  /** Finds the rows that fail, after a request with them failed. */
  settleFailed(positions: Positions, error: E): Effect.Effect<void, E2, R> {
    if (positions.length === 1 || !isRowError(error)) {
      return Effect.sync(() => this.#record(positions, Either.left(error)))
    }
    return isTooLarge(error) ? this.#settleHalves(positions) : this.#isolate(positions, error)
  }

  #settleHalves(positions: Positions): Effect.Effect<void, E2, R> {
    const [first, second] = halves(positions)
    return Effect.zipRight(this.settle(first), Effect.suspend(() => this.settle(second)))
  }

  /**
   * Finds one row that fails, among rows that failed together, with one request per halving. Then sends all rows without
   * a result in one request.
   */
  #isolate(positions: Positions, cause: E): Effect.Effect<void, E2, R> {
    const send = this.#send
    const record = this.#record.bind(this)
    const settleSuspect = this.#settleSuspect.bind(this)
    const settleOthers = this.#settleOthers.bind(this)
    return Effect.gen(function*() {
      const untested: Array<number> = []
      let [suspects, error] = [positions, cause]
      let [isCertain, isAlone] = [true, false]
      while (suspects.length > 1) {
        const [first, second] = halves(suspects)
        const outcome = yield* send(first)
        if (Either.isLeft(outcome) && isRowError(outcome.left)) {
          untested.unshift(...second)
          suspects = first
          error = outcome.left
          isCertain = true
          isAlone = first.length === 1
        } else {
          record(first, outcome)
          suspects = second
          isCertain &&= Either.isRight(outcome)
        }
      }
      if (isAlone && isRejection(error)) {
        record(suspects, Either.left(error))
        yield* settleOthers(untested)
      } else {
        yield* settleSuspect(suspects, untested, isCertain && isRejection(error) ? error : undefined)
      }
    })
  }

  /**
   * Ends the search of `#isolate`. `error` is the rejection that the row must be the cause of, unless the number of rows
   * is. The row needs no request if the others succeed, because they are not fewer than the rows of a request that failed.
   */
  #settleSuspect(suspect: Positions, others: Positions, error: E | undefined): Effect.Effect<void, E2, R> {
    if (error === undefined || others.length === 0) {
      return Effect.zipRight(this.settle(suspect), this.#settleOthers(others))
    }
    return Effect.flatMap(this.#send(others), (outcome) => {
      if (Either.isRight(outcome)) {
        this.#record(others, outcome)
        this.#record(suspect, Either.left(error))
        return Effect.void
      }
      return Effect.zipRight(this.settle(suspect), this.#settleFailedOthers(others, outcome.left))
    })
  }

  /** Sends the rows beside one that fails. If they fail, too, several rows are invalid: halves share their requests. */
  #settleOthers(positions: Positions): Effect.Effect<void, E2, R> {
    return positions.length === 0
      ? Effect.void
      : Effect.flatMap(
        this.#send(positions),
        (outcome) =>
          Either.isLeft(outcome)
            ? this.#settleFailedOthers(positions, outcome.left)
            : Effect.sync(() => this.#record(positions, outcome))
      )
  }

  #settleFailedOthers(positions: Positions, error: E): Effect.Effect<void, E2, R> {
    if (isRowError(error) && positions.length > 1) {
      return this.#divide(positions, error)
    }
    // A failure inside the container can be temporary.
    return isRowError(error) && !isRejection(error) && !isTooLarge(error)
      ? this.settle(positions)
      : Effect.sync(() => this.#record(positions, Either.left(error)))
  }

  /** Sends the halves of rows that failed together. If the first half succeeds, the second one must fail. */
  #divide(positions: Positions, error: E): Effect.Effect<void, E2, R> {
    const [first, second] = halves(positions)
    return Effect.flatMap(
      this.#settleOthers(first),
      () =>
        second.length > 1 && !isTooLarge(error) && this.#hasSucceeded(first)
          ? this.#divide(second, error)
          : this.#settleOthers(second)
    )
  }
}

/**
 * Sends the rows of a group in one request, and in smaller ones if a row can be the cause of its failure. Returns one
 * result per row.
 *
 * A row fails only with the error of a request that it must be the cause of. For one invalid row of `n`, that takes at
 * most `⌈log₂ n⌉` requests, one more if the failure was inside the container, and one for the other rows. A temporary
 * failure fails no row: a failure inside the container is the error of a row only after a request with this row alone.
 */
export const sendDivided = <Out, E, E2, R>(
  count: number,
  send: SendRows<Out, E, E2, R>
): Effect.Effect<ReadonlyArray<Either.Either<Out, E>>, E2, R> => {
  const all: Array<number> = []
  for (let position = 0; position < count; position += 1) {
    all.push(position)
  }
  type Results = Effect.Effect<ReadonlyArray<Either.Either<Out, E>>, E2, R>
  return Effect.flatMap(send(all), (outcome): Results => {
    if (Either.isRight(outcome)) {
      return Effect.succeed(successes(outcome.right))
    }
    const division = new Division(send)
    return Effect.as(division.settleFailed(all, outcome.left), division.results)
  })
}
