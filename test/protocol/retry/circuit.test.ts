import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as circuit from "../../../src/protocol/retry/circuit.ts"

const rules: circuit.Rules = { failureRatio: 0.5, minimumThroughput: 3, samplingMillis: 1_000, breakMillis: 500 }

/** An event: time passes, an attempt starts, or a running attempt ends. */
const Step = FastCheck.record({
  after: FastCheck.nat({ max: 400 }),
  what: FastCheck.oneof(
    FastCheck.constant("begin" as const),
    FastCheck.record({
      which: FastCheck.nat({ max: 5 }),
      outcome: FastCheck.constantFrom<circuit.Outcome>("success", "failure", "none")
    })
  )
})

describe("For any sequence of attempts, a circuit", () => {
  it("stays open for its break duration, then allows one trial attempt at a time, each for the break duration", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(Step, { maxLength: 60 }), (steps) => {
        let now = 0
        let at = circuit.initial as circuit.Circuit
        let openedAt = -Infinity
        const underWay: Array<circuit.Admission> = []
        const become = (next: circuit.Circuit) => {
          openedAt = next._tag === "Open" && at._tag !== "Open" ? now : openedAt
          at = next
        }
        for (const { after, what } of steps) {
          now += after
          if (what === "begin") {
            const admission = circuit.admit(rules, at, now)
            const isShut = now - openedAt < rules.breakMillis
            const isProbing = at._tag === "HalfOpen" &&
              underWay.some((probe) => probe.epoch === at.epoch && now - probe.at < rules.breakMillis)
            assert.strictEqual(admission.passes, !isShut && !isProbing)
            if (admission.passes) {
              become(admission.circuit)
              underWay.push({ epoch: at.epoch, at: now })
            } else if (isShut) {
              assert.strictEqual(admission.waitMillis, openedAt + rules.breakMillis - now)
            }
          } else if (underWay.length > 0) {
            const [ended] = underWay.splice(what.which % underWay.length, 1)
            become(circuit.record(rules, at, ended!, what.outcome, now))
          }
        }
      }),
      { seed: 5, numRuns: 2_000 }
    )
  })

  it("opens exactly when the failure ratio of its sampling window is reached", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.record({ after: FastCheck.nat({ max: 60 }), failed: FastCheck.boolean() })),
        (attempts) => {
          let now = 0
          let at = circuit.initial as circuit.Circuit
          const seen: Array<{ readonly at: number; readonly failed: boolean }> = []
          for (const { after, failed } of attempts) {
            now += after
            at = circuit.record(rules, at, { epoch: 0, at: now }, failed ? "failure" : "success", now)
            seen.push({ at: now, failed })
            const share = (from: number) => {
              const recent = seen.filter((_) => _.at > from)
              const failures = recent.filter((_) => _.failed).length
              return recent.length >= rules.minimumThroughput && failures >= recent.length * rules.failureRatio
            }
            if (at._tag === "Open") {
              assert.isTrue(failed)
              // A sample is a tenth of the window, which therefore ends up to that much earlier.
              const starts = seen.map((_) => _.at).filter((_) => now - _ <= rules.samplingMillis)
              assert.isTrue([now - rules.samplingMillis, ...starts].some((from) => share(from - 1) || share(from)))
              return
            }
            assert.isFalse(failed && now < rules.samplingMillis && share(-1))
          }
        }
      ),
      { seed: 6, numRuns: 2_000 }
    )
  })

  it("is removed when its sampling window is empty", () => {
    const used = circuit.record(rules, circuit.initial, { epoch: 0, at: 0 }, "failure", 0)
    assert.isFalse(circuit.isIdle(rules, used, 999))
    assert.isTrue(circuit.isIdle(rules, used, 1_000))
  })
})
