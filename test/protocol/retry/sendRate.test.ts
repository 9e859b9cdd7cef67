import { assert, describe, it } from "@effect/vitest"
import { DefaultRateLimiter } from "@smithy/core/retry"
import { FastCheck, Struct } from "effect"
import { afterEach, beforeEach, vi } from "vitest"
import * as sendRate from "../../../src/protocol/retry/sendRate.ts"

type Event = "success" | "throttle" | "send"

const after = (rate: sendRate.SendRate, ...events: ReadonlyArray<readonly [now: number, event: Event]>) =>
  events.reduce(
    (current, [now, event]) =>
      event === "send" ? sendRate.acquire(current, now)[1] : sendRate.update(current, event === "throttle", now),
    rate
  )

describe("The send rate equals AWS's published cases:", () => {
  const afterThrottling: ReadonlyArray<readonly [now: number, rate: number]> = [
    [5, 7],
    [6, 9.64893601],
    [7, 10.00003085],
    [8, 10.45328452],
    [9, 13.40869702],
    [10, 21.26626835],
    [11, 36.42599852]
  ]
  for (const [now, expected] of afterThrottling) {
    it(`a rate of 10 at second 5 is ${expected} at second ${now}`, () =>
      assert.closeTo(sendRate.recovered(10, now - 5), expected, 2e-8))
  }

  it("two throttling errors in sequence, then recovery", () => {
    assert.closeTo(sendRate.throttled(9.64893601), 6.75425521, 1e-8)
    assert.closeTo(sendRate.throttled(6.75425521), 4.72797864, 1e-8)
    for (const [now, expected] of [[9, 6.60654775], [10, 6.76327982], [11, 7.59817483], [12, 11.5112328]] as const) {
      assert.closeTo(sendRate.recovered(6.75425521, now - 8), expected, 2e-8)
    }
  })

  it("seventeen attempts, 0.2 seconds apart, with the tenth and the sixteenth throttled", () => {
    const expected: ReadonlyArray<readonly [measured: number, fill: number]> = [
      [0, 0.5],
      [0, 0.5],
      [4.8, 0.5],
      [4.8, 0.5],
      [4.16, 0.5],
      [4.16, 0.6912],
      [4.16, 1.0976],
      [5.632, 1.6384],
      [5.632, 2.3328],
      [4.3264, 3.02848],
      [4.3264, 3.486639],
      [4.3264, 3.821874],
      [5.66528, 4.053386],
      [5.66528, 4.200373],
      [4.333056, 4.282037],
      [4.333056, 2.997426],
      [4.333056, 3.452226]
    ]
    let rate = sendRate.initial(0)
    for (const [index, [measured, fill]] of expected.entries()) {
      rate = sendRate.update(rate, index === 9 || index === 15, (index + 1) / 5)
      assert.closeTo(rate.measuredRate, measured, 1e-6)
      assert.closeTo(rate.fillRate, fill, 1e-6)
    }
  })
})

describe("The send rate equals AWS's own rate limiter", () => {
  beforeEach(() => {
    vi.spyOn(Date, "now")
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Requests a token from AWS's limiter and returns the delay; no token is taken if there is a delay. */
  const awsWait = (limiter: DefaultRateLimiter): number => {
    let waited = 0
    Reflect.set(DefaultRateLimiter, "setTimeoutFn", (_: unknown, delay: number) => {
      waited = delay
    })
    void limiter.getSendToken()
    return waited
  }

  const names = {
    enabled: "enabled",
    tokens: "availableTokens",
    capacity: "maxCapacity",
    fillRate: "fillRate",
    measuredRate: "measuredTxRate",
    lastMaxRate: "lastMaxRate"
  } as const

  const assertSame = (rate: sendRate.SendRate, limiter: DefaultRateLimiter) => {
    for (const [ours, theirs] of Struct.entries(names)) {
      assert.strictEqual(rate[ours], Reflect.get(limiter, theirs))
    }
  }

  const event = FastCheck.constantFrom<Event>("success", "throttle", "send", "send")
  const pause = FastCheck.oneof(FastCheck.constant(0), FastCheck.nat({ max: 50 }), FastCheck.nat({ max: 5_000 }))

  it.prop(
    "with the same rates and waits for any sequence of events",
    [
      FastCheck.integer({ min: 1, max: 2e12 }),
      FastCheck.array(FastCheck.tuple(pause, event), { maxLength: 200, size: "max" })
    ],
    ([start, events]) => {
      let millis = start
      vi.mocked(Date.now).mockImplementation(() => millis)
      const limiter = new DefaultRateLimiter()
      let rate = sendRate.initial(millis / 1_000)
      for (const [pauseMillis, next] of events) {
        millis += pauseMillis
        if (next === "send") {
          const [wait, left] = sendRate.acquire(rate, millis / 1_000)
          assert.strictEqual(wait, awsWait(limiter))
          rate = left
        } else {
          limiter.updateClientSendingRate(next === "throttle" ? { errorType: "THROTTLING" } : {})
          rate = sendRate.update(rate, next === "throttle", millis / 1_000)
        }
        assertSame(rate, limiter)
      }
    },
    { fastCheck: { numRuns: 300 } }
  )
})

describe("The send rate", () => {
  const throttledOnce = { ...after(sendRate.initial(0), [1, "throttle"]), fillRate: 0.5 }

  it("delays nothing before the first throttling error", () => {
    const rate = after(sendRate.initial(100), [101, "success"], [102, "send"], [103, "success"])
    assert.deepStrictEqual(sendRate.acquire(rate, 103), [0, rate])
  })

  it("is at least one attempt in two seconds, however often it is throttled", () => {
    const rate = after(
      sendRate.initial(0),
      ...Array.from({ length: 50 }, (_, index) => [index, "throttle"] as const)
    )
    assert.strictEqual(rate.fillRate, 0.5)
    assert.isAtMost(sendRate.acquire({ ...rate, tokens: 0 }, 50)[0], 2_000)
  })

  it("gives one token to only one of two simultaneous requests", () => {
    const rate = { ...throttledOnce, tokens: 1 }
    const [first, left] = sendRate.acquire(rate, 1)
    const [second, still] = sendRate.acquire(left, 1)
    assert.deepStrictEqual([first, second], [0, 2_000])
    assert.deepStrictEqual(still, left)
  })

  it("takes no token for an attempt that has to wait", () => {
    const rate = { ...throttledOnce, tokens: 0 }
    const [wait, waiting] = sendRate.acquire(rate, 1)
    assert.strictEqual(wait, 2_000)
    assert.deepStrictEqual(sendRate.acquire(waiting, 3)[0], 0)
  })

  it("accumulates no more tokens than its capacity", () => {
    const rate = after(sendRate.initial(0), [1, "throttle"], [1_000, "send"])
    assert.strictEqual(rate.tokens, 0)
  })
})
