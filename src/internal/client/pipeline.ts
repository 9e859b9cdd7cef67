/** What happens around the attempts of every call, whatever an attempt is. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type * as Tracer from "effect/Tracer"
import type { Operation, OperationSettings } from "../../Operation.ts"
import * as RetryPolicy from "../../RetryPolicy.ts"
import type { CommonError } from "../../SageMakerError.ts"
import * as Timeouts from "../../Timeouts.ts"
import * as deadlines from "./deadlines.ts"
import { CurrentInterceptor, type Interceptor } from "./interceptor.ts"
import { attemptSpan, callSpan, isTraced } from "./tracing.ts"

/** What one call knows of itself while it runs. */
export interface Call {
  readonly id: string
  readonly maxAttempts: number | undefined
  readonly deadlines: deadlines.Resolved
  readonly guard: Interceptor
  attempts: number
  totalRetryDelay: number
  /** Whether the service may have seen this attempt. */
  requestSent: boolean
  /** Whether the service may have seen an earlier one. */
  earlierSent: boolean
}

/** What one attempt starts from. */
export interface Task<I, O, E, R> {
  readonly operation: Operation<I, O, E, R>
  readonly input: I
  readonly request: HttpClientRequest.HttpClientRequest
  readonly call: Call
  /** The attempt's span, where somebody sees it. */
  readonly span: Tracer.Span | undefined
  /** The fiber the call runs in. */
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  /** To be told when the attempt is over, however it ended. */
  readonly ended: () => void
}

/** One try to get an operation's output, made anew for each. */
export type Attempt = <I, O, E, R>(task: Task<I, O, E, R>) => Effect.Effect<O, E | CommonError, R>

/** Members bound to every input, and what is checked before sending. */
export interface PipelineOptions {
  readonly settings: OperationSettings
  readonly params: { readonly [member: string]: unknown }
  readonly attempt: Attempt
}

const liveRandom = Context.get(DefaultServices.liveServices, Random.Random)

/** Uses a version 4 UUID: the runtime's own, or one of the random numbers somebody has put in their place. */
const withUuid = <A, E, R>(random: Random.Random, use: (id: string) => Effect.Effect<A, E, R>) =>
  random === liveRandom && "randomUUID" in crypto
    ? use(crypto.randomUUID())
    : Effect.flatMap(Effect.replicateEffect(random.nextIntBetween(0, 2 ** 16), 8), (numbers) => {
      const digits = numbers.map((number) => number.toString(16).padStart(4, "0")).join("")
      return use(digits.replace(/(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-a$4-"))
    })

const isDefined = ([, value]: [string, unknown]): boolean => value !== undefined && value !== null

const isPlain = (input: unknown): input is object =>
  Predicate.isRecord(input) && [Object.prototype, null].includes(Object.getPrototypeOf(input))

/** The input with the bound members it leaves open; a missing input has no members, one that is no plain record keeps its own. */
const bind = <I>(params: { readonly [member: string]: unknown }, input: I): I =>
  input === undefined || input === null
    ? { ...params } as I
    : isPlain(input) && Object.keys(params).length > 0
    ? { ...params, ...Object.fromEntries(Object.entries(input).filter(isDefined)) } as I
    : input

const held = <Id, S>(context: Context.Context<never>, reference: Context.Reference<Id, S>): S | undefined =>
  context.unsafeMap.has(reference.key) ? Context.unsafeGet(context, reference) : undefined

/** The attempts of a call, one after the other, each told of in the call. */
const attempts = <I, O, E, R>(attempt: Attempt, operation: Operation<I, O, E, R>, input: I, call: Call) => {
  let lastEnded: number | undefined
  return (request: HttpClientRequest.HttpClientRequest): Effect.Effect<O, E | CommonError, R> =>
    Effect.withFiberRuntime((fiber) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      call.attempts += 1
      call.earlierSent ||= call.requestSent
      call.requestSent = false
      call.totalRetryDelay += lastEnded === undefined ? 0 : clock.unsafeCurrentTimeMillis() - lastEnded
      const ended = () => (lastEnded = clock.unsafeCurrentTimeMillis())
      const next = (span: Tracer.Span | undefined) =>
        deadlines.within("attempt", call)(attempt({ operation, input, request, call, span, fiber, ended }))
      return isTraced(fiber) ? attemptSpan(fiber, call.attempts, next) : next(undefined)
    })
}

/**
 * Makes what runs an operation: bind and encode the input, then attempts under the policy and the deadlines in force.
 *
 * The policy and deadlines of the context it is made in hold unless a call's own context has others.
 */
export const make = (options: PipelineOptions) =>
  Effect.map(Effect.context<never>(), (built) => {
    const quota = RetryPolicy.makeQuota()
    const builtPolicy = Context.get(built, RetryPolicy.RetryPolicy)
    const deadlinesOf = deadlines.resolver(Timeouts.defaults, held(built, Timeouts.Timeouts))

    const run = <I, O, E, R>(
      operation: Operation<I, O, E, R>,
      input: I,
      context: Context.Context<never>,
      random: Random.Random
    ): Effect.Effect<O, E | CommonError, R> => {
      const resolved = deadlinesOf(held(context, Timeouts.Timeouts))
      if (Either.isLeft(resolved)) {
        return Effect.fail(resolved.left)
      }
      const policy = held(context, RetryPolicy.RetryPolicy) ?? builtPolicy
      return withUuid(random, (id) => {
        const guard = Context.get(context, CurrentInterceptor)({ operation: operation.name, input })
        const call: Call = {
          id,
          maxAttempts: policy.maxAttempts,
          deadlines: resolved.right,
          guard,
          attempts: 0,
          totalRetryDelay: 0,
          requestSent: false,
          earlierSent: false
        }
        const attempt = attempts(options.attempt, operation, input, call)
        return operation.encode(input, options.settings).pipe(
          Effect.flatMap((request) => policy.around(quota)(guard.attempt(call)(attempt(request)))),
          guard.call,
          deadlines.within("total", call),
          guard.outside
        )
      })
    }

    return <I, O, E, R>(operation: Operation<I, O, E, R>, input: I): Effect.Effect<O, E | CommonError, R> =>
      Effect.withFiberRuntime((fiber) => {
        const bound = bind(options.params, input)
        const random = Context.get(fiber.currentDefaultServices, Random.Random)
        const call = run(operation, bound, fiber.currentContext, random)
        return isTraced(fiber) ? callSpan(fiber, operation, bound, call) : call
      })
  })
