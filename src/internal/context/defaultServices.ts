/**
 * Checks for Effect's default clock, tracer and random generator.
 *
 * Calls are faster with the default services: timers use `setTimeout` without a fiber, no spans are made, and IDs come
 * from `crypto`. The default clock is the system clock, the default tracer discards spans, and the default random
 * generator has no fixed seed. Any other service, such as `TestClock`, is used through its interface.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import { liveServices } from "effect/DefaultServices"
import * as Random from "effect/Random"
import * as Tracer from "effect/Tracer"

/** The clock of the system. */
export const defaultClock = Context.get(liveServices, Clock.Clock)
const defaultRandom = Context.get(liveServices, Random.Random)
const defaultTracer = Context.get(liveServices, Tracer.Tracer)

export const isDefaultClock = (clock: Clock.Clock): boolean => clock === defaultClock

export const isDefaultRandom = (random: Random.Random): boolean => random === defaultRandom

export const isDefaultTracer = (tracer: Tracer.Tracer): boolean => tracer === defaultTracer
