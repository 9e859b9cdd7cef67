/**
 * The timeouts of a call.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import { type EffectOrStream, provideReference, type Same } from "./internal/context/effectOrStream.ts"
import { readOptions } from "./internal/operation/readMembers.ts"

/**
 * The timeouts of a call. When one expires, the call or its stream fails with `TimeoutError`, whose `phase` is its
 * name.
 *
 * An omitted timeout keeps its current value. `Infinity` disables it. Timeouts measure elapsed time: a change of the
 * system time does not change them.
 *
 * The call ends in time even if it runs an effect that cannot be interrupted. That effect continues in the background.
 * Its connection is closed when it ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deadlines {
  /**
   * Maximum time from sending a signed request to receiving the response headers.
   *
   * Default: 70 seconds, as AWS recommends for slow models.
   */
  readonly firstByte?: Duration.DurationInput | undefined
  /**
   * Maximum time between two chunks of the response body while the caller waits for the next one. In a bidirectional
   * stream, a part that is sent restarts it too.
   *
   * Default: 120 seconds.
   */
  readonly idle?: Duration.DurationInput | undefined
  /**
   * Maximum duration of one attempt, including loading credentials and signing.
   *
   * It includes reading the body of a buffered response. For a stream it ends with the response headers.
   *
   * Default: 10 minutes, which is longer than the limits of SageMaker: 60 seconds, and 8 minutes for response streams.
   * A `firstByte` of more than 70 seconds extends the default by the difference. The default does not end an attempt
   * while it loads credentials or signs.
   */
  readonly attempt?: Duration.DurationInput | undefined
  /**
   * Maximum duration of the call: all attempts and the delays between them.
   *
   * It includes reading the body of a buffered response. For a stream it ends with the response headers. Default: no
   * limit.
   */
  readonly total?: Duration.DurationInput | undefined
}

/**
 * The default timeouts: 70 seconds for `firstByte`, 120 seconds for `idle`, 10 minutes for `attempt`, no limit for
 * `total`.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: Deadlines = { firstByte: "70 seconds", idle: "120 seconds", attempt: "10 minutes" }

/**
 * The current timeouts. Values in the context of a call override the values of its client.
 *
 * @since 0.1.0
 * @category references
 */
export class Timeouts extends Context.Reference<Timeouts>()("effect-sagemaker-runtime/Timeouts", {
  defaultValue: () => defaults
}) {}

/** Not a duration, so that a call with timeouts that cannot be read fails as with an invalid one. */
const unreadable = { total: Number.NaN }

const read = (deadlines: Deadlines): Deadlines => Either.getOrElse(readOptions(deadlines, "Timeouts"), () => unreadable)

const override = (context: Context.Context<never>, deadlines: Deadlines): Deadlines => ({
  ...(context.unsafeMap.has(Timeouts.key) ? Context.get(context, Timeouts) : {}),
  ...Object.fromEntries(Object.entries(read(deadlines)).filter(([, duration]) => duration !== undefined))
})

/**
 * Sets timeouts for the clients built with this layer, or for the calls that it is provided to.
 *
 * An invalid duration fails each call with `InvalidInputError`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (deadlines: Deadlines): Layer.Layer<never> =>
  Layer.effect(Timeouts, Effect.contextWith((context: Context.Context<never>) => override(context, deadlines)))

/**
 * Sets timeouts for the calls inside an effect or a stream.
 *
 * An invalid duration fails each call with `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { invokeEndpoint, streamEndpoint, Timeouts } from "effect-sagemaker-runtime"
 *
 * export const prediction = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" }).pipe(
 *   Timeouts.use({ attempt: "2 seconds", total: "5 seconds" })
 * )
 *
 * export const chunks = Timeouts.use(streamEndpoint({ EndpointName: "story", Body: "Once" }), { idle: "10 seconds" })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const use: {
  (deadlines: Deadlines): <Self extends EffectOrStream>(self: Self) => Same<Self>
  <Self extends EffectOrStream>(self: Self, deadlines: Deadlines): Same<Self>
} = dual(
  2,
  <Self extends EffectOrStream>(self: Self, deadlines: Deadlines): Same<Self> =>
    provideReference(self, Timeouts, (context) => override(context, deadlines))
)
