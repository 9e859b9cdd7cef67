/** One step of a load test: calls at a concurrency or at a rate, for a duration. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as histogram from "./histogram.ts"

/** The load of a step. */
export type Load =
  | { readonly _tag: "Concurrency"; readonly workers: number }
  | { readonly _tag: "Rate"; readonly perSecond: number }

/** The measurements of a step. */
export interface Measurements {
  readonly load: Load
  readonly latency: histogram.Histogram
  /** Time to the first chunk of response streams. */
  readonly firstChunk: histogram.Histogram
  readonly errors: Map<string, number>
  /** The time from the first call to the end of the last one in milliseconds. */
  readonly elapsed: number
}

/** One call. It runs the argument when the first chunk arrives. */
export type Call<R> = (onFirstChunk: Effect.Effect<void>) => Effect.Effect<unknown, { readonly _tag: string }, R>

const now = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1e6)

/** Measures a call from `start`: with a rate, this is the time at which the call was due. */
const measured = <R>(call: Call<R>, start: number, into: Omit<Measurements, "elapsed" | "load">) => {
  const since = (target: histogram.Histogram) => Effect.map(now, (end) => histogram.record(target, end - start))
  return Effect.matchEffect(call(since(into.firstChunk)), {
    onFailure: ({ _tag }) => Effect.sync(() => into.errors.set(_tag, (into.errors.get(_tag) ?? 0) + 1)),
    onSuccess: () => since(into.latency)
  })
}

const atConcurrency = <R>(workers: number, until: number, one: (start: number) => Effect.Effect<unknown, never, R>) => {
  const worker = Effect.gen(function*() {
    let start = yield* now
    while (start < until) {
      yield* one(start)
      start = yield* now
    }
  })
  return Effect.all(Array.from({ length: workers }, () => worker), { concurrency: "unbounded", discard: true })
}

const atRate = <R>(
  perSecond: number,
  start: number,
  until: number,
  one: (start: number) => Effect.Effect<unknown, never, R>
) =>
  Effect.scoped(Effect.gen(function*() {
    const calls = yield* FiberSet.make()
    for (let due = start; due < until; due += 1_000 / perSecond) {
      yield* Effect.sleep(Math.max(0, due - (yield* now)))
      yield* FiberSet.run(calls, one(due))
    }
    yield* FiberSet.awaitEmpty(calls)
  }))

/** Runs a step. Calls that have started are awaited. */
export const run = <R>(load: Load, durationMillis: number, call: Call<R>): Effect.Effect<Measurements, never, R> =>
  Effect.gen(function*() {
    const into = { latency: histogram.make(), firstChunk: histogram.make(), errors: new Map<string, number>() }
    const start = yield* now
    const until = start + durationMillis
    const one = (from: number) => measured(call, from, into)
    yield* load._tag === "Rate"
      ? atRate(load.perSecond, start, until, one)
      : atConcurrency(load.workers, until, one)
    return { load, ...into, elapsed: (yield* now) - start }
  })
