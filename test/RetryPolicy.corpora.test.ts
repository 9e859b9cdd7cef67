import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, FiberRef, Random, TestClock } from "effect"
import { invokeEndpoint, RetryPolicy } from "effect-sagemaker-runtime"
import { classify, retryAfterMillis } from "../src/protocol/retry/retry.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { callsOf, type Case, retryCases, type Step } from "./support/retryCases.ts"
import { scriptedRuntime } from "./support/scriptedHttpClient.ts"

/** A change of the quota: a granted or rejected retry, or a refund after a success. */
interface Entry {
  readonly event: "granted" | "refused" | "refunded"
  readonly tokens: number
}

/** A thread of a case: its responses and the arrival times of its requests. */
interface Thread {
  readonly steps: Iterator<Step>
  readonly arrivals: Array<number>
}

const thread = FiberRef.unsafeMake<Thread>({ steps: [].values(), arrivals: [] })

const arrive = Effect.zipWith(FiberRef.get(thread), Clock.currentTimeMillis, ({ arrivals, steps }, now) => {
  arrivals.push(now)
  return (steps.next() as IteratorYieldResult<Step>).value.response
})

/** The standard policy of a case with a quota that records its changes and starts with the tokens of the case. */
const watched = ({ given }: Case, ledger: Array<Entry>): RetryPolicy.Policy => {
  const policy = RetryPolicy.standard({
    maxAttempts: given.max_attempts,
    maxDelayMillis: given.max_backoff_time && given.max_backoff_time * 1_000
  })
  let drained = false
  const drain = (quota: RetryPolicy.RetryQuota) =>
    Effect.suspend(() => {
      const surplus = drained ? 0 : 500 - (given.initial_retry_tokens ?? 500)
      drained = true
      return quota.withdraw(surplus)
    })
  const note = (quota: RetryPolicy.RetryQuota, event: Entry["event"]) =>
    Effect.map(quota.tokens, (tokens) => ledger.push({ event, tokens }))
  return {
    ...policy,
    around: (quota) => {
      const around = policy.around({
        ...quota,
        withdraw: (amount) =>
          Effect.tap(quota.withdraw(amount), (granted) => note(quota, granted ? "granted" : "refused")),
        refund: (lastCost) => Effect.zipLeft(quota.refund(lastCost), note(quota, "refunded"))
      })
      return (attempt) => Effect.zipRight(drain(quota), around(attempt))
    }
  }
}

/** Runs the threads of a case 60 ms apart, which gives AWS's order of events. */
const play = <R>(test: Case, call: Effect.Effect<unknown, unknown, R>) =>
  Effect.gen(function*() {
    const threads = (test.threads ?? [test.responses]).map((steps) => ({
      calls: callsOf(steps),
      state: { steps: steps.values(), arrivals: new Array<number>() }
    }))
    const fiber = yield* Effect.fork(Effect.forEach(
      threads,
      ({ calls, state }, index) =>
        Effect.forEach(calls, () => Effect.exit(call)).pipe(
          Effect.locally(thread, state),
          Effect.delay(`${index * 60} millis`)
        ),
      { concurrency: "unbounded" }
    ))
    yield* TestClock.adjust("1 minute")
    const exits = yield* Fiber.join(fiber)
    return threads.map(({ calls, state }, index) => ({ calls, arrivals: state.arrivals, exits: exits[index]! }))
  }).pipe(Effect.withRandom(Random.fixed([1])))

type Played = Effect.Effect.Success<ReturnType<typeof play<never>>>

const assertOutcomesAndDelays = (threads: Played) => {
  for (const { arrivals, calls, exits } of threads) {
    assert.lengthOf(arrivals, calls.flat().length)
    let arrival = 0
    for (const [index, steps] of calls.entries()) {
      assert.strictEqual(Exit.isSuccess(exits[index]!), steps.at(-1)!.expected.outcome === "success")
      for (const { expected } of steps) {
        if (expected.delay !== undefined) {
          assert.strictEqual(arrivals[arrival + 1]! - arrivals[arrival]!, expected.delay * 1_000)
        }
        arrival += 1
      }
    }
  }
}

const events = { retry_request: "granted", retry_quota_exceeded: "refused", success: "refunded" } as const

const expectedEntry = ({ expected: { outcome, retry_quota } }: Step): ReadonlyArray<Entry> =>
  outcome === "max_attempts_exceeded" || outcome === "fail_request"
    ? []
    : [{ event: events[outcome], tokens: retry_quota! }]

/** The only case with two threads defines the order of events by its quotas: those of the second thread are between. */
const expectedLedger = ({ responses, threads }: Case): ReadonlyArray<Entry> => {
  const [first = [], second = []] = threads ?? [responses]
  return [...first.slice(0, 2), ...second, ...first.slice(2)].flatMap(expectedEntry)
}

describe.skipIf(!hasCorpora)(needsCorpora("The standard policy does what AWS's cases of 2026 expect"), () => {
  it("There are 14 cases, without long polling, which this service does not have", () => {
    assert.lengthOf(retryCases, 14)
  })

  for (const test of retryCases) {
    it.effect(`around any effect: ${test.name}`, () =>
      Effect.gen(function*() {
        const ledger: Array<Entry> = []
        const quota = RetryPolicy.makeQuota()
        const attempt = Effect.flatMap(arrive, ({ error_code, headers = {}, status_code }) =>
          status_code === 200 ? Effect.void : Effect.fail({
            _tag: "Refused",
            retry: classify(status_code, error_code, undefined),
            retryAfterMillis: retryAfterMillis(headers, 0)
          }))
        assertOutcomesAndDelays(yield* play(test, watched(test, ledger).around(quota)(attempt)))
        assert.deepStrictEqual(ledger, expectedLedger(test))
      }))

    it.effect(`in a client: ${test.name}`, () =>
      Effect.gen(function*() {
        const ledger: Array<Entry> = []
        const server = yield* scriptedRuntime(Effect.map(arrive, ({ error_code, headers = {}, status_code }) =>
          new Response(null, {
            status: status_code,
            headers: { ...headers, ...(error_code === undefined ? {} : { "x-amzn-errortype": error_code }) }
          })))
        const call = invokeEndpoint({ EndpointName: "anomaly", Body: "{}" }).pipe(
          RetryPolicy.use(watched(test, ledger))
        )
        const played = yield* Effect.provide(play(test, call), server.layer)
        assertOutcomesAndDelays(played)
        assert.deepStrictEqual(ledger, expectedLedger(test))
      }))
  }
})
