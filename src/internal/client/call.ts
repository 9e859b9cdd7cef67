/** The options and the progress of one call. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Random from "effect/Random"
import type { Observation } from "../telemetry/observation.ts"
import { isDefaultRandom } from "../time/defaultServices.ts"
import type { ConcreteTimeouts } from "./deadlines.ts"
import type { Interceptor } from "./interceptor.ts"

/** The options of one call. */
export interface CallOptions {
  /** The invocation ID (`amz-sdk-invocation-id`), which all attempts share. */
  readonly id: string
  readonly maxAttempts: number | undefined
  readonly deadlines: ConcreteTimeouts
  readonly interceptor: Interceptor | undefined
  /** The observation of the call, if something observes it. */
  readonly observation: Observation | undefined
  /** Headers that the platform adds to each request after signing. */
  readonly platformHeaders: { readonly [name: string]: string } | undefined
}

/** The progress of a call, which its errors and its output contain. */
export interface CallProgress {
  readonly attempts: number
  /** The total time between attempts in milliseconds. */
  readonly totalRetryDelay: number
}

/** The state of a call. Times are in milliseconds of the monotonic clock. */
export class Call implements CallProgress {
  readonly options: CallOptions
  attempts = 0
  totalRetryDelay = 0
  /** Whether the service may have received this attempt. */
  isAttemptSent = false
  #isEarlierSent = false
  /** When the default `attempt` timeout ends the response. `Infinity` if a fiber enforces the timeout. */
  attemptDeadline = Infinity
  #attemptEndedAt: number | undefined

  constructor(options: CallOptions) {
    this.options = options
  }

  beginAttempt(now: number): void {
    this.attempts += 1
    this.totalRetryDelay += this.#attemptEndedAt === undefined ? 0 : Math.round(now - this.#attemptEndedAt)
    this.#isEarlierSent = this.isSent
    this.isAttemptSent = false
    const { attempt, isAttemptDefault } = this.options.deadlines
    this.attemptDeadline = isAttemptDefault ? now + attempt : Infinity
  }

  /** Records whether the service may have received the request of this attempt. */
  markSent(isSent: boolean): void {
    this.isAttemptSent = isSent
  }

  endAttempt(now: number): void {
    this.#attemptEndedAt = now
  }

  /** Whether the service may have received this attempt or an earlier one. */
  get isSent(): boolean {
    return this.isAttemptSent || this.#isEarlierSent
  }
}

/** Runs `use` with a version 4 UUID from `crypto`, or from the random generator that the program provides. */
export const withInvocationId = <A, E, R>(random: Random.Random, use: (id: string) => Effect.Effect<A, E, R>) =>
  isDefaultRandom(random) && "randomUUID" in crypto
    ? use(crypto.randomUUID())
    : Effect.flatMap(Effect.replicateEffect(random.nextIntBetween(0, 2 ** 16), 8), (numbers) => {
      const digits = numbers.map((number) => number.toString(16).padStart(4, "0")).join("")
      return use(digits.replace(/(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-a$4-"))
    })

/**
 * Headers that the platform adds to every request of a call after signing, such as Lambda's trace header.
 *
 * The effect runs when a call starts: in Lambda, a later point may already run in the context of another invocation.
 */
export class PlatformHeaders extends Context.Reference<PlatformHeaders>()("effect-sagemaker-runtime/PlatformHeaders", {
  defaultValue: (): Effect.Effect<{ readonly [name: string]: string } | undefined> | undefined => undefined
}) {}
