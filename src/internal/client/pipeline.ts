/** Runs operations: adds params, encodes the input, and makes attempts with retries, interceptors and timeouts. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type { Operation, OperationSettings, SpanAttributes } from "../../Operation.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { CommonError, InvalidInputError } from "../../SageMakerError.ts"
import * as Timeouts from "../../Timeouts.ts"
import { guardReads, type Members, readMembers } from "../operation/readMembers.ts"
import { makeQuota } from "../retry/quota.ts"
import { CurrentModelCall } from "../telemetry/modelCall.ts"
import { CurrentMonitor } from "../telemetry/monitor.ts"
import { observed } from "../telemetry/observed.ts"
import { withParent } from "../telemetry/spans.ts"
import { monotonicMillis } from "../time/monotonicClock.ts"
import type { Attempt, AttemptContext } from "./attempt.ts"
import { Call, type CallOptions, PlatformHeaders, withInvocationId } from "./call.ts"
import * as deadlines from "./deadlines.ts"
import {
  combine,
  CurrentInterceptor,
  type ExecuteIntercepted,
  type InterceptorOf,
  registerExecute
} from "./interceptor.ts"

/** The options of a pipeline. */
export interface PipelineOptions {
  readonly settings: OperationSettings
  /** Default members of every input. */
  readonly params: Members
  readonly attempt: Attempt
  /** Attributes of every call's span. Default: none. */
  readonly attributes?: SpanAttributes
  /** Attributes of the spans of operations whose request body is frames. Default: `attributes`. */
  readonly framesAttributes?: SpanAttributes
}

const isDefined = ([, value]: [string, unknown]): boolean => value !== undefined && value !== null

const isPlainObject = (input: unknown): input is object =>
  Predicate.isRecord(input) && [Object.prototype, null].includes(Object.getPrototypeOf(input))

const withParams = (params: Members, members: Members): Members =>
  Object.keys(params).length > 0
    ? { ...params, ...Object.fromEntries(Object.entries(members).filter(isDefined)) }
    : members

/**
 * Copies the members of an input, and adds the default members that it does not set.
 *
 * A missing input is treated as an empty object. An input that is not a plain object is returned unchanged.
 */
const bindParams = <I>(params: Members, input: I): Either.Either<I, InvalidInputError> => {
  if (input === undefined || input === null) {
    return Either.right({ ...params } as I)
  }
  if (typeof input !== "object") {
    return Either.right(input)
  }
  return Either.flatMap(guardReads("input", () => isPlainObject(input)), (isPlain) =>
    isPlain
      ? Either.map(readMembers(input, "input"), (members) => withParams(params, members) as I)
      : Either.right(input))
}

/** The value of a reference if the context sets it. `Context.get` would return the default otherwise. */
const getIfSet = <Id, S>(context: Context.Context<never>, reference: Context.Reference<Id, S>): S | undefined =>
  context.unsafeMap.has(reference.key) ? Context.unsafeGet(context, reference) : undefined

/** Runs the next attempt of a call each time the returned effect runs. */
const nextAttempt = <I, O, E, R>(
  attempt: Attempt,
  request: Pick<AttemptContext<I, O, E, R>, "frames" | "input" | "operation" | "request">,
  call: Call
): Effect.Effect<O, E | CommonError, R> =>
  Effect.withFiberRuntime((fiber) => {
    call.beginAttempt(monotonicMillis(Context.get(fiber.currentDefaultServices, Clock.Clock)))
    const { observation } = call.options
    const run = () => deadlines.withDeadline("attempt", call)(attempt({ ...request, call, fiber }))
    return observation === undefined ? run() : observation.aroundAttempt(call, Effect.suspend(run))
  })

/** The policy, timeouts and other state that the calls of a client share. */
interface Client extends PipelineOptions {
  readonly quota: RetryPolicy.RetryQuota
  readonly policy: RetryPolicy.Policy
  readonly resolveDeadlines: ReturnType<typeof deadlines.makeResolver>
  readonly platformHeaders: Effect.Effect<CallOptions["platformHeaders"]> | undefined
}

const bodyLength = ({ body }: HttpClientRequest.HttpClientRequest): number =>
  body._tag === "Uint8Array" ? body.contentLength : 0

const runCall = <I, O, E, R>(
  { attempt, quota, settings }: Client,
  operation: Operation<I, O, E, R>,
  input: I,
  call: Call,
  policy: RetryPolicy.Policy
): Effect.Effect<O, E | CommonError, R> => {
  const { interceptor, observation } = call.options
  const encoded = withParent(operation.encode(input, settings), observation?.spans)
  const attempts = Effect.flatMap(encoded, (request) => {
    const frames = operation.frames?.prepare(input, settings, call)
    if (frames === undefined) {
      observation?.requestEncoded(bodyLength(request))
    }
    const next = nextAttempt(attempt, { operation, input, request, frames }, call)
    const wrapped = interceptor === undefined ? next : interceptor.wrapAttempt(call)(next)
    const around = policy.around(quota)
    return frames === undefined ? around(wrapped) : frames.retryUntilStarted(around)(wrapped)
  })
  return interceptor === undefined
    ? deadlines.withDeadline("total", call)(attempts)
    : interceptor.wrapCall(deadlines.withDeadline("total", call)(interceptor.wrapAttempts(attempts)))
}

const startCall = <I, O, E, R>(
  client: Client,
  operation: Operation<I, O, E, R>,
  input: I,
  { currentContext: context, currentDefaultServices }: Fiber.RuntimeFiber<unknown, unknown>,
  { interceptor, observation }: Pick<CallOptions, "interceptor" | "observation">
): Effect.Effect<O, E | CommonError, R> => {
  const resolved = client.resolveDeadlines(getIfSet(context, Timeouts.Timeouts))
  if (Either.isLeft(resolved)) {
    return Effect.fail(resolved.left)
  }
  const policy = getIfSet(context, RetryPolicy.RetryPolicy) ?? client.policy
  const start = (platformHeaders: CallOptions["platformHeaders"]) =>
    withInvocationId(Context.get(currentDefaultServices, Random.Random), (id) => {
      const call = new Call({
        id,
        maxAttempts: policy.maxAttempts,
        deadlines: resolved.right,
        interceptor,
        observation,
        platformHeaders
      })
      return runCall(client, operation, input, call, policy)
    })
  return client.platformHeaders === undefined ? start(undefined) : Effect.flatMap(client.platformHeaders, start)
}

/** A client, whose interceptors are in the context or are given to `executeOf` of the client. */
interface RuntimeClient {
  readonly execute: <I, O, E, R>(operation: Operation<I, O, E, R>, input: I) => Effect.Effect<O, E | CommonError, R>
}

/** Runs a call so that calls of the program inside of it, such as in `decode`, are no part of it. */
const inNoCall = <A, E, R>(
  { unsafeMap }: Context.Context<never>,
  call: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  unsafeMap.has(CurrentInterceptor.key) || unsafeMap.has(CurrentModelCall.key)
    ? Effect.mapInputContext(
      call,
      (context: Context.Context<R>) => Context.omit(CurrentInterceptor, CurrentModelCall)(context) as Context.Context<R>
    )
    : call

/**
 * Makes a client that runs operations.
 *
 * The retry policy and timeouts in context apply to every call that does not set its own.
 */
export const make = (options: PipelineOptions) =>
  Effect.map(Effect.context<never>(), (context) => {
    const { attributes = {}, framesAttributes = attributes } = options
    const client: Client = {
      ...options,
      quota: makeQuota(undefined, Context.get(context, CurrentMonitor)?.retryQuota),
      policy: Context.get(context, RetryPolicy.RetryPolicy),
      resolveDeadlines: deadlines.makeResolver(Timeouts.defaults, getIfSet(context, Timeouts.Timeouts)),
      platformHeaders: Context.get(context, PlatformHeaders)
    }
    const execute: ExecuteIntercepted = <I, O, E, R>(
      operation: Operation<I, O, E, R>,
      input: I,
      interceptorOf: InterceptorOf | undefined
    ): Effect.Effect<O, E | CommonError, R> =>
      Effect.withFiberRuntime((fiber) => {
        const bound = bindParams(options.params, input)
        if (Either.isLeft(bound)) {
          return Effect.fail(bound.left)
        }
        const outer = Context.get(fiber.currentContext, CurrentInterceptor)
        const makeInterceptor = interceptorOf === undefined ? outer : combine(outer, interceptorOf)
        const interceptor = makeInterceptor?.({ operation: operation.name, input: bound.right })
        return observed(
          {
            operation,
            input: bound.right,
            fiber,
            attributes: operation.frames === undefined ? attributes : framesAttributes,
            interceptor
          },
          (observation) =>
            inNoCall(
              fiber.currentContext,
              startCall(client, operation, bound.right, fiber, { interceptor, observation })
            )
        )
      })
    return registerExecute<RuntimeClient>(
      { execute: (operation, input) => execute(operation, input, undefined) },
      execute
    )
  })
