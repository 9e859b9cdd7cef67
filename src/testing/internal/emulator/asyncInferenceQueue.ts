/** The queue of asynchronous inference requests: runs them one at a time and stores their results as objects. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { currentMonotonicMillis } from "../../../internal/time/monotonicClock.ts"
import { messageOf } from "./errorResponse.ts"
import type { EmulatorObjects } from "./objects.ts"

/** The result of an asynchronous inference request: the output, or the text of the failure. */
export type AsyncInferenceOutcome = Either.Either<Uint8Array, string>

/** An asynchronous inference request. */
interface AsyncInferenceRequest {
  readonly inferenceId: string
  readonly outputLocation: string
  readonly failureLocation: string
  readonly timeToLive: Duration.Duration
  readonly invocationTimeout: Duration.Duration
  readonly invoke: Effect.Effect<Uint8Array, string>
}

export interface AsyncInferenceQueue {
  readonly submit: (request: AsyncInferenceRequest) => Effect.Effect<void>
  /** Waits for the outcome of the latest request with this ID, which may be submitted later. */
  readonly outcome: (inferenceId: string) => Effect.Effect<AsyncInferenceOutcome>
}

const invokeWithTimeout = (
  { invocationTimeout, invoke }: AsyncInferenceRequest
): Effect.Effect<AsyncInferenceOutcome> =>
  invoke.pipe(
    Effect.timeoutFail({
      duration: invocationTimeout,
      onTimeout: () => "The model did not respond within InvocationTimeoutSeconds"
    }),
    // Runs in a separate fiber, so that a handler that interrupts itself does not stop the queue.
    Effect.fork,
    Effect.flatMap(Fiber.await),
    Effect.map(Exit.match({
      onSuccess: (body): AsyncInferenceOutcome => Either.right(body),
      onFailure: (cause): AsyncInferenceOutcome => Either.left(messageOf(Cause.squash(cause)))
    }))
  )

const run = (request: AsyncInferenceRequest, submittedAt: number): Effect.Effect<AsyncInferenceOutcome> =>
  Effect.flatMap(currentMonotonicMillis, (now) =>
    now - submittedAt > Duration.toMillis(request.timeToLive)
      ? Effect.succeed(Either.left("The request expired: it was queued for longer than RequestTTLSeconds"))
      : invokeWithTimeout(request))

const encoder = new TextEncoder()

const storeOutcome = (objects: EmulatorObjects, request: AsyncInferenceRequest, outcome: AsyncInferenceOutcome) =>
  Either.match(outcome, {
    onLeft: (failure) => objects.put(request.failureLocation, encoder.encode(failure)),
    onRight: (body) => objects.put(request.outputLocation, body)
  })

/** The outcomes of the latest request of each ID, pending or completed. */
const makeOutcomes = () => {
  const outcomes = new Map<string, Deferred.Deferred<AsyncInferenceOutcome>>()
  const latest = new Map<string, AsyncInferenceRequest>()

  const deferredFor = (inferenceId: string) =>
    Effect.suspend(() => {
      const existing = outcomes.get(inferenceId)
      return existing === undefined
        ? Effect.tap(
          Deferred.make<AsyncInferenceOutcome>(),
          (created) => Effect.sync(() => outcomes.set(inferenceId, created))
        )
        : Effect.succeed(existing)
    })

  return {
    start: (request: AsyncInferenceRequest) =>
      Effect.gen(function*() {
        const previous = outcomes.get(request.inferenceId)
        if (previous !== undefined && (yield* Deferred.isDone(previous))) {
          outcomes.delete(request.inferenceId)
        }
        latest.set(request.inferenceId, request)
      }),
    complete: (request: AsyncInferenceRequest, outcome: AsyncInferenceOutcome) =>
      Effect.suspend(() =>
        latest.get(request.inferenceId) === request
          ? Effect.flatMap(deferredFor(request.inferenceId), Deferred.succeed(outcome))
          : Effect.void
      ),
    await: (inferenceId: string) => Effect.flatMap(deferredFor(inferenceId), Deferred.await)
  }
}

/** Makes a queue that runs requests until its scope closes. */
export const makeAsyncInferenceQueue = (
  objects: EmulatorObjects
): Effect.Effect<AsyncInferenceQueue, never, Scope.Scope> =>
  Effect.gen(function*() {
    const outcomes = makeOutcomes()
    const queue = yield* Queue.unbounded<readonly [request: AsyncInferenceRequest, submittedAt: number]>()

    yield* Queue.take(queue).pipe(
      Effect.flatMap(([request, submittedAt]) =>
        Effect.flatMap(run(request, submittedAt), (outcome) =>
          Effect.zipRight(storeOutcome(objects, request, outcome), outcomes.complete(request, outcome)))
      ),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    return {
      submit: (request) =>
        Effect.gen(function*() {
          yield* outcomes.start(request)
          yield* Queue.offer(queue, [request, yield* currentMonotonicMillis])
        }),
      outcome: outcomes.await
    }
  })
