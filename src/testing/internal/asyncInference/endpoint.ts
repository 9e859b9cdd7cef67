/** An asynchronous endpoint: processes its requests, stores their results and publishes notifications. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import { timeout } from "../../../internal/time/timeout.ts"
import type { ObjectStoreService } from "../../../ObjectStore.ts"
import type { EmulatorNotification } from "../../Emulator.ts"
import { messageOf } from "../emulator/errorResponse.ts"
import type { AsyncConfiguration } from "./configuration.ts"
import { type AsyncFailure, serviceFailure } from "./failure.ts"
import { type ModelOutput, notificationOf } from "./notification.ts"
import type { AsyncInferenceOutcome, Outcomes } from "./outcomes.ts"
import { makeQueue, type RunInScope } from "./queue.ts"

/** An accepted asynchronous inference request. */
export interface AsyncInferenceRequest {
  readonly inferenceId: string
  readonly region: string
  readonly parameters: EmulatorNotification["requestParameters"]
  readonly outputLocation: string
  readonly failureLocation: string
  readonly timeToLiveMillis: number
  readonly invocationTimeoutMillis: number
  /** Reads the input and calls the model. */
  readonly invoke: Effect.Effect<ModelOutput, AsyncFailure>
  /** The failure for a defect of the model. */
  readonly defectFailure: (defect: unknown) => AsyncFailure
}

/** The services that the endpoints of an emulator share. */
export interface AsyncServices {
  readonly store: ObjectStoreService
  readonly outcomes: Outcomes
  readonly notifications: PubSub.PubSub<EmulatorNotification>
  readonly run: RunInScope
  readonly clock: Clock.Clock
}

type Result = Either.Either<ModelOutput, AsyncFailure>

const encoder = new TextEncoder()

const expired = serviceFailure("The request expired: it was queued for RequestTTLSeconds")

const timedOut = serviceFailure("The model did not respond within InvocationTimeoutSeconds")

const storeTimedOut = "the store did not respond within InvocationTimeoutSeconds"

const resultOf = (exit: Exit.Exit<ModelOutput, AsyncFailure>, request: AsyncInferenceRequest): Result =>
  Exit.match(exit, {
    onSuccess: (output): Result => Either.right(output),
    onFailure: (cause) =>
      Either.left(Option.getOrElse(Cause.failureOption(cause), () => request.defectFailure(Cause.squash(cause))))
  })

/** Stores an object. A store can fail in any way, so the result is the text of the failure, if there is one. */
const putObject = (
  { store }: AsyncServices,
  { invocationTimeoutMillis }: AsyncInferenceRequest,
  location: string,
  { body, contentType }: ModelOutput
): Effect.Effect<string | undefined> =>
  Effect.suspend(() => store.put(location, body, { contentType })).pipe(
    Effect.mapError(messageOf),
    timeout(invocationTimeoutMillis, () => storeTimedOut),
    Effect.matchCause({
      onSuccess: () => undefined,
      onFailure: (cause) => Option.getOrElse(Cause.failureOption(cause), () => messageOf(Cause.squash(cause)))
    })
  )

const outcomeOf: (result: Result) => AsyncInferenceOutcome = Either.mapBoth({
  onLeft: ({ text }) => text,
  onRight: ({ body }) => body
})

/** Stores a result and publishes it. An output that cannot be stored is a failed request. */
const complete = (
  services: AsyncServices,
  request: AsyncInferenceRequest,
  config: AsyncConfiguration,
  receivedMillis: number,
  invoked: Result
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { failureLocation, outputLocation } = request
    const problem = Either.isRight(invoked)
      ? yield* putObject(services, request, outputLocation, invoked.right)
      : undefined
    const result: Result = problem === undefined
      ? invoked
      : Either.left(serviceFailure(`The output could not be stored: ${problem}`))
    const failureStored = Either.isLeft(result) &&
      (yield* putObject(services, request, failureLocation, {
          body: encoder.encode(result.left.text),
          contentType: result.left.contentType
        })) === undefined
    const completedMillis = yield* Clock.currentTimeMillis
    const notification = notificationOf({
      ...request,
      request: request.parameters,
      receivedMillis,
      completedMillis,
      result,
      failureStored,
      config: config.notification
    })
    yield* PubSub.publish(services.notifications, notification)
    yield* services.outcomes.complete(request.inferenceId, request, outcomeOf(result))
  })

/**
 * Invokes the model and completes the request, at the latest when its timeout has passed.
 *
 * The model runs in its own fiber, so that it can interrupt itself. A model that continues after the timeout keeps its
 * place until it ends, so that the number of concurrent invocations is never exceeded.
 */
const process = (
  request: AsyncInferenceRequest,
  finish: (result: Result) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const model = yield* Effect.fork(Effect.exit(Effect.interruptible(request.invoke)))
    const exit = yield* Effect.timeoutOption(Fiber.await(model), request.invocationTimeoutMillis)
    if (Option.isNone(exit)) {
      yield* Fiber.interruptFork(model)
    }
    yield* finish(
      Option.match(exit, {
        onNone: () => Either.left(timedOut),
        onSome: (ended) => resultOf(Exit.flatten(ended), request)
      })
    )
    yield* Fiber.await(model)
  })

/** Makes the queue of an endpoint. The effect completes when the request is in the queue. */
export const makeAsyncEndpoint = (config: AsyncConfiguration, services: AsyncServices) => {
  const submit = makeQueue(config.capacity, services.run, services.clock)
  return (request: AsyncInferenceRequest): Effect.Effect<void> =>
    Effect.suspend(() => {
      const receivedMillis = services.clock.unsafeCurrentTimeMillis()
      const finish = (result: Result) => complete(services, request, config, receivedMillis, result)
      return Effect.zipRight(
        services.outcomes.start(request.inferenceId, request),
        submit({
          work: process(request, finish),
          expire: finish(Either.left(expired)),
          timeToLiveMillis: request.timeToLiveMillis
        })
      )
    })
}
