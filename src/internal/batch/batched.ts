/** Joins concurrent calls with one row each to requests with several rows. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Batcher, BatchModel } from "../../Batch.ts"
import type { BatchedEndpoint, BatchedOptions } from "../../ModelEndpoint.ts"
import type { CodecError, InvalidInputError } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { durationMillis } from "../config/duration.ts"
import { readOptions } from "../operation/readMembers.ts"
import { lists } from "./batchers.ts"
import { Limit } from "./concurrency/limit.ts"
import { sendDivided } from "./divide.ts"
import { invalid, readBatcher, readLimits, readModel } from "./options.ts"
import { type Requests, sendRows, sizeOf } from "./send.ts"

const defaultWindowMillis = 10

/** A call that waits for the result of its row. */
interface Caller<Row, Out, E> {
  readonly row: Row
  readonly result: Deferred.Deferred<Out, E>
}

/** The calls that share a request. */
interface Group<Row, Out, E> {
  readonly callers: Set<Caller<Row, Out, E>>
  /** Completes when the request is sent before the end of the window. */
  readonly full: Deferred.Deferred<void>
  bytes: number
  /** Whether a call forks the fiber. Another call can join before it is forked. */
  isStarted: boolean
  /** The fiber that waits for the end of the window, then sends the request. */
  fiber: Fiber.Fiber<void> | undefined
}

interface Settings<Row, Out, A, B, E, R> {
  readonly requests: Requests<Row, Out, A, B, E, R>
  readonly maxRows: number
  readonly maxBytes: number
  readonly windowMillis: number
}

const settings = <Row, Out, A, B, E, R>(
  model: BatchModel<A, B, E, R>,
  options: BatchedOptions<Row, Out, A, B> | undefined
): Either.Either<Settings<Row, Out, A, B, E, R>, InvalidInputError> =>
  Either.gen(function*() {
    const checked = yield* readModel(model)
    const given = (yield* readOptions(options, "options")) as BatchedOptions<Row, Out, A, B>
    // The types of `batched` have a model of lists without a batcher.
    const batcher = (given.batcher === undefined
      ? lists<unknown, unknown>()
      : yield* readBatcher(given.batcher)) as unknown as Batcher<Row, Out, A, B>
    const windowMillis = given.window === undefined ? defaultWindowMillis : durationMillis(given.window)
    if (windowMillis === undefined || windowMillis === Infinity) {
      return yield* Either.left(invalid("window", "a finite duration such as \"10 millis\""))
    }
    return {
      ...(yield* readLimits(given, batcher, checked.limits)),
      windowMillis,
      requests: {
        model: checked,
        batcher,
        limit: new Limit({ max: 1, start: undefined }),
        onRequest: () => {},
        throttleRetries: 0
      }
    }
  })

/** The calls of one client. */
class Calls<Row, Out, A, B, E, R> {
  readonly #settings: Settings<Row, Out, A, B, E, R>
  #current: Group<Row, Out, E | CodecError> | undefined

  constructor(given: Settings<Row, Out, A, B, E, R>) {
    this.#settings = given
  }

  invoke(row: Row, size: number): Effect.Effect<Out, E | CodecError, R> {
    return Effect.acquireUseRelease(
      this.#join(row, size),
      ({ caller }) => Deferred.await(caller.result),
      ({ caller, group }) => this.#leave(group, caller)
    )
  }

  #join(row: Row, size: number) {
    return Effect.gen(this, function*() {
      const { maxBytes, maxRows } = this.#settings
      const caller: Caller<Row, Out, E | CodecError> = { row, result: yield* Deferred.make<Out, E | CodecError>() }
      const full = yield* Deferred.make<void>()
      // From here to the fork, no other fiber runs.
      const current = this.#current
      if (current !== undefined && current.bytes + size > maxBytes) {
        this.#close(current)
      }
      const group = this.#current ?? this.#open(full)
      group.callers.add(caller)
      group.bytes += size
      if (group.callers.size >= maxRows) {
        this.#close(group)
      }
      if (!group.isStarted) {
        group.isStarted = true
        group.fiber = yield* Effect.forkDaemon(Effect.interruptible(this.#run(group)))
      }
      return { group, caller }
    })
  }

  #open(full: Deferred.Deferred<void>): Group<Row, Out, E | CodecError> {
    this.#current = { callers: new Set(), full, bytes: 0, isStarted: false, fiber: undefined }
    return this.#current
  }

  /** Sends the request of a group now. */
  #close(group: Group<Row, Out, E | CodecError>): void {
    this.#forget(group)
    Deferred.unsafeDone(group.full, Effect.void)
  }

  #forget(group: Group<Row, Out, E | CodecError>): void {
    if (this.#current === group) {
      this.#current = undefined
    }
  }

  /** Ends a call. The request of a group without calls is interrupted. */
  #leave(group: Group<Row, Out, E | CodecError>, caller: Caller<Row, Out, E | CodecError>): Effect.Effect<void> {
    return Effect.suspend(() => {
      group.callers.delete(caller)
      if (group.callers.size > 0 || group.fiber === undefined) {
        return Effect.void
      }
      this.#forget(group)
      return Fiber.interruptFork(group.fiber)
    })
  }

  #run(group: Group<Row, Out, E | CodecError>): Effect.Effect<void, never, R> {
    const wait = Effect.raceFirst(Effect.sleep(this.#settings.windowMillis), Deferred.await(group.full))
    return Effect.flatMap(wait, () => {
      this.#forget(group)
      const callers = [...group.callers]
      return Effect.map(
        Effect.exit(this.#send(callers.map(({ row }) => row))),
        (exit) =>
          callers.forEach(({ result }, position) =>
            Deferred.unsafeDone(result, Exit.isSuccess(exit) ? exit.value[position]! : Exit.failCause(exit.cause))
          )
      )
    })
  }

  #send(rows: ReadonlyArray<Row>) {
    const { requests } = this.#settings
    return sendDivided(
      rows.length,
      (positions) => Effect.either(sendRows(requests, positions.map((position) => rows[position]!)))
    )
  }
}

export const batched = <Row, Out, A, B, E, R>(
  model: BatchModel<A, B, E, R>,
  options?: BatchedOptions<Row, Out, A, B>
): BatchedEndpoint<Row, Out, E | CodecError, R> => {
  const configured = settings(model, options)
  const calls = new WeakMap<object, Calls<Row, Out, A, B, E, R>>()
  const callsOf = (client: object, given: Settings<Row, Out, A, B, E, R>) => {
    const known = calls.get(client) ?? new Calls(given)
    calls.set(client, known)
    return known
  }
  return {
    name: Either.isRight(configured) ? configured.right.requests.model.name : "",
    invoke: (row) =>
      Effect.flatMap(configured, (given) => {
        const size = given.maxBytes === Infinity ? Effect.succeed(0) : sizeOf(given.requests)(row)
        return Effect.flatMap(size, (bytes) =>
          Effect.contextWithEffect((context: Context.Context<R>) => {
            const client = Option.getOrElse(Context.getOption(context, SageMakerRuntime), () => given)
            return callsOf(client, given).invoke(row, bytes)
          }))
      }) as Effect.Effect<Out, E | CodecError, R>
  }
}
