/**
 * Deadlines of a call.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * The deadlines; one left out keeps the value around it, `Infinity` switches it off.
 *
 * - `firstByte`: from sending an attempt, once it is signed, to the response's headers (70 seconds by default, as AWS
 *   advises).
 * - `idle`: between two parts of a body while the caller waits for the next (120 seconds by default).
 * - `attempt`: one attempt, credentials and signing included; a buffered answer's whole body, a stream's headers. It is
 *   what bounds a credential provider that never answers.
 * - `total`: all attempts and the waits between them, up to the same point.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deadlines {
  readonly firstByte?: Duration.DurationInput | undefined
  readonly idle?: Duration.DurationInput | undefined
  readonly attempt?: Duration.DurationInput | undefined
  readonly total?: Duration.DurationInput | undefined
}

/**
 * The deadlines that hold where nobody sets others.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: Deadlines = { firstByte: "70 seconds", idle: "120 seconds" }

/**
 * The deadlines in force: those of the client, overridden where a call's own context holds some.
 *
 * @since 0.1.0
 * @category references
 */
export class Timeouts extends Context.Reference<Timeouts>()("effect-sagemaker-runtime/Timeouts", {
  defaultValue: () => defaults
}) {}

const over = (context: Context.Context<never>, deadlines: Deadlines): Deadlines => ({
  ...(context.unsafeMap.has(Timeouts.key) ? Context.get(context, Timeouts) : {}),
  ...Object.fromEntries(Object.entries(deadlines ?? {}).filter(([, duration]) => duration !== undefined))
})

/**
 * Deadlines for the clients built with this layer, or for the calls that see it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (deadlines: Deadlines): Layer.Layer<never> =>
  Layer.effect(Timeouts, Effect.contextWith((context: Context.Context<never>) => over(context, deadlines)))

/**
 * Deadlines for the calls inside one effect.
 *
 * @example
 * ```ts
 * import { invokeEndpoint, Timeouts } from "effect-sagemaker-runtime"
 *
 * export const quick = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   Timeouts.use({ attempt: "2 seconds", total: "5 seconds" })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const use = (deadlines: Deadlines) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    effect,
    (context: Context.Context<R>) => Context.add(context, Timeouts, over(context as Context.Context<never>, deadlines))
  )
