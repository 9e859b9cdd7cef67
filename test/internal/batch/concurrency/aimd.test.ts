import { assert, describe, it } from "@effect/vitest"
import * as aimd from "../../../../src/internal/batch/concurrency/aimd.ts"

/** The limits of a run of requests, which start when the limit permits it. `latencyOf` has the number that run. */
const simulate = (
  { max, start = 4, until = 100_000 }: { readonly max: number; readonly start?: number; readonly until?: number },
  respond: (running: number, now: number) => { readonly millis: number; readonly isThrottled?: boolean }
) => {
  let state = aimd.make(start, max)
  let running: Array<{ startedAt: number; endsAt: number; isThrottled: boolean; isFull: boolean }> = []
  const limits: Array<number> = []
  for (let now = 0; now < until; now += 10) {
    for (const request of running.filter(({ endsAt }) => endsAt <= now)) {
      state = request.isThrottled
        ? aimd.throttled(state, request.startedAt, now)
        : aimd.succeeded(state, now - request.startedAt, now, request.isFull)
    }
    running = running.filter(({ endsAt }) => endsAt > now)
    while (running.length < aimd.permits(state)) {
      const { isThrottled = false, millis } = respond(running.length + 1, now)
      const isFull = running.length + 1 >= aimd.permits(state)
      running.push({ startedAt: now, endsAt: now + millis, isThrottled, isFull: isFull || running.length > 0 })
    }
    limits.push(aimd.permits(state))
  }
  return limits
}

const settled = (limits: ReadonlyArray<number>) => {
  const later = limits.slice(limits.length / 2)
  return {
    min: Math.min(...later),
    max: Math.max(...later),
    mean: later.reduce((sum, limit) => sum + limit) / later.length
  }
}

describe("an adaptive limit", () => {
  it("rises to its maximum if the latency does not change", () => {
    const limits = simulate({ max: 64 }, () => ({ millis: 100 }))
    assert.strictEqual(settled(limits).min, 64)
    assert.isBelow(limits.indexOf(64), 100, "within one second of 100 ms requests")
  })

  it("stays near the number of requests that the model does not throttle", () => {
    const { max, mean, min } = settled(
      simulate({ max: 64 }, (running) => running > 10 ? { millis: 10, isThrottled: true } : { millis: 100 })
    )
    assert.isAtLeast(min, 4)
    assert.isAtMost(max, 11)
    assert.isAtLeast(mean, 6)
  })

  it("stays below the number of requests at which the latency is twice the lowest one", () => {
    const capacity = 8
    const { max, mean } = settled(
      simulate({ max: 128 }, (running) => ({ millis: 100 * Math.max(1, running / capacity) }))
    )
    assert.isAtMost(max, 4 * capacity)
    assert.isAtLeast(mean, capacity)
  })

  it("follows a model that becomes slower for all requests", () => {
    const limits = simulate({ max: 16, until: 600_000 }, (_, now) => ({ millis: now < 50_000 ? 100 : 400 }))
    assert.strictEqual(limits.at(-1), 16)
  })

  it("is at least one", () => {
    const { max, min } = settled(simulate({ max: 16 }, () => ({ millis: 100, isThrottled: true })))
    assert.deepStrictEqual([min, max], [1, 1])
  })

  it("is halved once by requests that are throttled together", () => {
    const state = aimd.make(32, 64)
    const once = aimd.throttled(state, 0, 100)
    assert.strictEqual(aimd.permits(once), 16)
    assert.strictEqual(aimd.throttled(once, 50, 110), once)
    assert.strictEqual(aimd.permits(aimd.throttled(once, 120, 130)), 8)
  })

  it("does not rise while requests do not use it", () => {
    let state = aimd.make(4, 64)
    for (let request = 0; request < 100; request++) {
      state = aimd.succeeded(state, 100, 100 * request, false)
    }
    assert.strictEqual(aimd.permits(state), 4)
  })

  it("ignores differences of latencies below 10 milliseconds", () => {
    let state = aimd.make(4, 64)
    for (let request = 0; request < 500; request++) {
      state = aimd.succeeded(state, request < 10 ? 0.5 : 8, 10 * request, true)
    }
    assert.strictEqual(aimd.permits(state), 64)
  })
})
