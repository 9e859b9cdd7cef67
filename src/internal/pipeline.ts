/** What happens around the attempts of every call, whatever an attempt is. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type * as Tracer from "effect/Tracer"
import type { Operation, Settings } from "../Operation.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { CommonError } from "../SageMakerError.ts"
import * as Timeouts from "../Timeouts.ts"
import * as deadlines from "./deadlines.ts"
import { type Guard, Guards } from "./guard.ts"
import { attemptSpan, callSpan } from "./tracing.ts"

/** What one call knows of itself while it runs. */
export interface Call {
  readonly id: string
  readonly maxAttempts: number | undefined
  readonly deadlines: deadlines.Resolved
  readonly guard: Guard
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
  readonly span: Tracer.Span
}

/** One try to get an operation's output. */
export type Attempt = <I, O, E, R>(task: Task<I, O, E, R>) => Effect.Effect<O, E | CommonError, R>

/** Members bound to every input, and what is checked before sending. */
export interface PipelineOptions {
  readonly settings: Settings
  readonly params: { readonly [member: string]: unknown }
  readonly attempt: Attempt
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

/** A version 4 UUID from Effect's own randomness. */
const uuid = Effect.map(
  Effect.all([16, 16, 16, 12, 14, 16, 16, 16].map((bits) => Random.nextIntBetween(0, 2 ** bits))),
  ([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0]) =>
    `${hex(a, 4)}${hex(b, 4)}-${hex(c, 4)}-4${hex(d, 3)}-${hex(0x8000 | e, 4)}-${hex(f, 4)}${hex(g, 4)}${hex(h, 4)}`
)

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

/**
 * Makes what runs an operation: bind and encode the input, then attempts under the policy and the deadlines in force.
 *
 * The policy and deadlines of the context it is made in hold unless a call's own context has others.
 */
export const make = (options: PipelineOptions) =>
  Effect.map(Effect.context<never>(), (built) => {
    const quota = RetryPolicy.makeQuota()
    const builtPolicy = Context.get(built, RetryPolicy.RetryPolicy)
    const builtTimeouts = held(built, Timeouts.Timeouts)

    const run = <I, O, E, R>(operation: Operation<I, O, E, R>, input: I, context: Context.Context<never>) =>
      Effect.gen(function*() {
        const policy = held(context, RetryPolicy.RetryPolicy) ?? builtPolicy
        const resolved = yield* deadlines.resolve(
          Timeouts.defaults,
          builtTimeouts,
          held(context, Timeouts.Timeouts)
        )
        const guard = Context.get(context, Guards)({ operation: operation.name, input })
        const call: Call = {
          id: yield* uuid,
          maxAttempts: policy.maxAttempts,
          deadlines: resolved,
          guard,
          attempts: 0,
          totalRetryDelay: 0,
          requestSent: false,
          earlierSent: false
        }
        let lastEnded: number | undefined
        const begin = Effect.map(Clock.currentTimeMillis, (now) => {
          call.attempts += 1
          call.earlierSent ||= call.requestSent
          call.requestSent = false
          call.totalRetryDelay += lastEnded === undefined ? 0 : now - lastEnded
        })
        const end = Effect.map(Clock.currentTimeMillis, (now) => {
          lastEnded = now
        })
        const attempt = (request: HttpClientRequest.HttpClientRequest) =>
          Effect.zipRight(
            begin,
            Effect.suspend(() =>
              attemptSpan(
                call.attempts,
                (span) => deadlines.within("attempt", call)(options.attempt({ operation, input, request, call, span }))
              )
            ).pipe(Effect.ensuring(end))
          )
        return yield* operation.encode(input, options.settings).pipe(
          Effect.flatMap((request) => policy.around(quota)(guard.attempt(call)(attempt(request)))),
          guard.call,
          deadlines.within("total", call),
          guard.outside
        )
      })

    return <I, O, E, R>(operation: Operation<I, O, E, R>, input: I): Effect.Effect<O, E | CommonError, R> =>
      Effect.contextWithEffect((context: Context.Context<R>) => {
        const bound = bind(options.params, input)
        return callSpan(operation, bound, run(operation, bound, context as Context.Context<never>))
      })
  })
