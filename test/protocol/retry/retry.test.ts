import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as retry from "../../../src/protocol/retry/retry.ts"

const kind = FastCheck.constantFrom("transient" as const, "throttling" as const)
const chance = FastCheck.double({ min: 0, max: 1, noNaN: true })
const millis = FastCheck.nat({ max: 10 ** 9 })

const delays = (of: "transient" | "throttling") =>
  Array.from({ length: 11 }, (_, number) => retry.backoffMillis(of, number, 1))

describe("The exponential delay", () => {
  it("doubles from 50 ms, or from one second for throttling, up to 20 seconds", () => {
    assert.deepStrictEqual(delays("transient"), [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000])
    assert.deepStrictEqual(delays("throttling").slice(0, 6), [1000, 2000, 4000, 8000, 16_000, 20_000])
  })

  it("is rounded down after the jitter", () => {
    assert.strictEqual(retry.backoffMillis("transient", 0, 0.999), 49)
    assert.strictEqual(retry.backoffMillis("transient", 0, 0), 0)
  })

  it("is limited to the given maximum", () => {
    assert.strictEqual(retry.backoffMillis("transient", 5, 1, 200), 200)
    assert.strictEqual(retry.backoffMillis("transient", 5, 1, 0), 0)
  })

  it.prop(
    "is a whole number between zero and its maximum, for any number of retries",
    [kind, FastCheck.nat({ max: 5_000 }), chance, millis],
    ([of, number, random, max]) => {
      const delay = retry.backoffMillis(of, number, random, max)
      assert.isTrue(Number.isInteger(delay) && delay >= 0 && delay <= max)
    }
  )

  it.prop(
    "never decreases from one retry to the next",
    [kind, FastCheck.nat({ max: 60 }), chance],
    ([of, number, random]) => {
      assert.isAtMost(retry.backoffMillis(of, number, random), retry.backoffMillis(of, number + 1, random))
    }
  )
})

describe("The retry delay of the service", () => {
  it.prop(
    "never shortens a delay and adds at most five seconds",
    [millis, FastCheck.option(FastCheck.integer(), { nil: undefined })],
    ([delay, hint]) => {
      const clamped = retry.clampHint(delay, hint)
      assert.isTrue(clamped >= delay && clamped <= delay + 5_000)
    }
  )

  it.prop("is used exactly within those limits", [millis, FastCheck.nat({ max: 5_000 })], ([delay, more]) => {
    assert.strictEqual(retry.clampHint(delay, delay + more), delay + more)
  })

  it("has no effect if it is absent", () => assert.strictEqual(retry.clampHint(70, undefined), 70))
})

describe("The retry quota", () => {
  it("has 500 tokens; a retry costs 14, a throttling retry 5", () => {
    assert.deepStrictEqual([retry.quotaSize, retry.cost("transient"), retry.cost("throttling")], [500, 14, 5])
  })

  it("grants what it contains and otherwise stays unchanged", () => {
    assert.deepStrictEqual(retry.withdraw(14, 14), [true, 0])
    assert.deepStrictEqual(retry.withdraw(13, 14), [false, 13])
  })

  it("gets back the cost of the last retry, or one token after a first success", () => {
    assert.strictEqual(retry.refund(100, 14), 114)
    assert.strictEqual(retry.refund(100, undefined), 101)
    assert.strictEqual(retry.refund(490, 14), 500)
  })

  it.prop(
    "stays between 0 and 500 for any sequence of events",
    [
      FastCheck.nat({ max: retry.quotaSize }),
      FastCheck.array(
        FastCheck.record({ refunds: FastCheck.boolean(), of: FastCheck.option(kind, { nil: undefined }) })
      )
    ],
    ([initial, steps]) => {
      steps.reduce((tokens, { of, refunds }) => {
        const next = refunds
          ? retry.refund(tokens, of && retry.cost(of))
          : retry.withdraw(tokens, retry.cost(of ?? "transient"))[1]
        assert.isTrue(next >= 0 && next <= retry.quotaSize)
        return next
      }, initial)
    }
  )

  it.prop("withdraws the exact amount or nothing", [FastCheck.nat({ max: 500 }), kind], ([tokens, of]) => {
    const [granted, left] = retry.withdraw(tokens, retry.cost(of))
    assert.strictEqual(tokens - left, granted ? retry.cost(of) : 0)
  })
})
