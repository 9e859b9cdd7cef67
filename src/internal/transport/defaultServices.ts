/**
 * Checks for Effect's default clock, tracer and random generator.
 *
 * The fast path depends on what the defaults do: the clock follows the system time and sleeps with `setTimeout`, the tracer
 * discards its spans, and the random generator has no seed that a program chose. Only then may a timer run without a fiber,
 * a span be left out, and an id come from `crypto`. Any other service, such as `TestClock`, is used through its interface.
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
