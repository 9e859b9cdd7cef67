/** Work handed over by InvokeEndpointAsync: queued, run, its result kept as objects. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { messageOf } from "./wire.ts"

/** What became of a piece of work: the result, or the failure's text. */
export type Outcome = Either.Either<Uint8Array, string>

/** One piece of work. */
export interface Work {
  readonly id: string
  readonly outputLocation: string
  readonly failureLocation: string
  readonly ttl: Duration.Duration
  readonly timeout: Duration.Duration
  readonly run: Effect.Effect<Uint8Array, string>
}

/** Objects by location. */
export interface Objects {
  readonly put: (location: string, body: Uint8Array) => Effect.Effect<void>
  readonly get: (location: string) => Effect.Effect<Uint8Array | undefined>
}

export const makeObjects = (): Objects => {
  const objects = new Map<string, Uint8Array>()
  return {
    put: (location, body) => Effect.sync(() => objects.set(location, body)),
    get: (location) => Effect.sync(() => objects.get(location))
  }
}

const encoder = new TextEncoder()

/** A queue whose work is run one after the other as long as its scope lives. */
export const makeAsyncWork = (
  objects: Objects
): Effect.Effect<
  {
    readonly submit: (work: Work) => Effect.Effect<void>
    readonly outcome: (id: string) => Effect.Effect<Outcome>
  },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const outcomes = new Map<string, Deferred.Deferred<Outcome>>()
    const latest = new Map<string, Work>()
    const queue = yield* Queue.unbounded<readonly [work: Work, submittedAt: number]>()

    const outcomeOf = (id: string) =>
      Effect.suspend(() => {
        const known = outcomes.get(id)
        return known === undefined
          ? Effect.tap(Deferred.make<Outcome>(), (made) => Effect.sync(() => outcomes.set(id, made)))
          : Effect.succeed(known)
      })

    const runInTime = ({ run, timeout, ttl }: Work, submittedAt: number): Effect.Effect<Outcome> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        now - submittedAt > Duration.toMillis(ttl)
          ? Effect.succeed(Either.left("The request waited longer than its time to live"))
          : run.pipe(
            Effect.timeoutFail({
              duration: timeout,
              onTimeout: () => "The model did not answer within the invocation's time"
            }),
            Effect.fork,
            Effect.flatMap(Fiber.await),
            Effect.map(Exit.match({
              onSuccess: (body): Outcome => Either.right(body),
              onFailure: (cause): Outcome => Either.left(messageOf(Cause.squash(cause)))
            }))
          ))

    const finish = (work: Work, outcome: Outcome) =>
      Effect.zipRight(
        Either.match(outcome, {
          onLeft: (failure) => objects.put(work.failureLocation, encoder.encode(failure)),
          onRight: (body) => objects.put(work.outputLocation, body)
        }),
        Effect.suspend(() =>
          latest.get(work.id) === work ? Effect.flatMap(outcomeOf(work.id), Deferred.succeed(outcome)) : Effect.void
        )
      )

    yield* Queue.take(queue).pipe(
      Effect.flatMap(([work, submittedAt]) =>
        Effect.flatMap(runInTime(work, submittedAt), (outcome) => finish(work, outcome))
      ),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    return {
      submit: (work) =>
        Effect.gen(function*() {
          const known = outcomes.get(work.id)
          if (known !== undefined && (yield* Deferred.isDone(known))) {
            outcomes.delete(work.id)
          }
          latest.set(work.id, work)
          yield* Queue.offer(queue, [work, yield* Clock.currentTimeMillis])
        }),
      outcome: (id) => Effect.flatMap(outcomeOf(id), Deferred.await)
    }
  })
