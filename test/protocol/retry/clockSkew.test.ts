import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import { correctedOffset, type Sample } from "../../../src/protocol/retry/clockSkew.ts"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { decodeCorpus } from "../../support/corpus.ts"

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const at = (millis: number) => new Date(millis).toUTCString()

const sample = (more: Partial<Sample>): Sample => ({
  date: at(now),
  age: undefined,
  code: undefined,
  elapsed: 0,
  receivedAt: now,
  signedOffset: 0,
  ...more
})

const minute = 60_000

describe("The clock skew correction", () => {
  it("is the difference to the service's time, from four minutes on", () => {
    assert.strictEqual(correctedOffset(sample({ date: at(now + 4 * minute) })), 4 * minute)
    assert.strictEqual(correctedOffset(sample({ date: at(now - 4 * minute) })), -4 * minute)
    assert.isUndefined(correctedOffset(sample({ date: at(now + 4 * minute - 1_000) })))
    assert.isUndefined(correctedOffset(sample({ date: at(now - 4 * minute + 1_000) })))
  })

  it("is not learned again from correctly signed requests", () => {
    assert.isUndefined(correctedOffset(sample({ date: at(now + 9 * minute), signedOffset: 9 * minute })))
  })

  it("is removed after the local clock is set correctly", () => {
    assert.strictEqual(correctedOffset(sample({ signedOffset: 9 * minute })), 0)
  })

  it.each(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"])(
    "is learned regardless of its size if the code is %s",
    (code) => assert.strictEqual(correctedOffset(sample({ date: at(now + 1_000), code })), 1_000)
  )

  it("uses the time at which the response arrived", () => {
    const late = sample({ date: at(now + 9 * minute), receivedAt: now + 2 * minute })
    assert.strictEqual(correctedOffset(late), 7 * minute)
  })

  it("is not learned from a call of more than 15 minutes", () => {
    const took = (millis: number) => sample({ date: at(now + 60 * minute), elapsed: millis, receivedAt: now + millis })
    assert.strictEqual(correctedOffset(took(15 * minute)), 45 * minute)
    assert.isUndefined(correctedOffset(took(15 * minute + 1)))
  })

  it.each(["0", "31", ""])("is not learned from a cached response (Age: %j)", (age) => {
    assert.isUndefined(correctedOffset(sample({ date: at(now + 9 * minute), age })))
  })

  it.each([
    undefined,
    "",
    "soon",
    "Wed, 06 Oct 23 13:16:04 -0000",
    "Wed, 06 Oct 2023 13:16:04 +0200",
    "2026-11-21T13:00:00Z",
    "1795262400",
    "Sat, 99 Nov 2026 13:00:00 GMT",
    "Sat, 21 Xyz 2026 13:00:00 GMT",
    " Sat, 21 Nov 2026 13:00:00 GMT"
  ])("is not learned from an invalid HTTP date: %j", (date) => {
    assert.isUndefined(correctedOffset(sample({ date, code: "RequestTimeTooSkewed" })))
  })

  it.prop(
    "makes the time of the next request equal to the service's time, for any two clocks",
    [FastCheck.integer({ min: -1e6, max: 1e6 }), FastCheck.integer({ min: -1e6, max: 1e6 })],
    ([trueSeconds, signedSeconds]) => {
      const skewed = sample({ date: at(now + trueSeconds * 1_000), signedOffset: signedSeconds * 1_000 })
      const offset = correctedOffset(skewed) ?? skewed.signedOffset
      assert.isBelow(Math.abs(offset - trueSeconds * 1_000), 4 * minute)
    }
  )
})

const Classification = Schema.Struct({
  classification_kotlin: Schema.Struct({
    threshold_s: Schema.Number,
    cases: Schema.Array(Schema.Struct({ skew_s: Schema.Number, code: Schema.String, skewed: Schema.Boolean })),
    bad_date_header: Schema.Array(Schema.Struct({ date: Schema.String, corrected: Schema.Literal(false) }))
  })
})

const corpus = decodeCorpus("clockskew/cases.json", Classification)?.classification_kotlin

describe.skipIf(!hasCorpora)(needsCorpora("The clock skew correction is the one of AWS's cases"), () => {
  it.each(corpus?.cases ?? [])("$skew_s s with $code", ({ code, skew_s, skewed }) => {
    assert.strictEqual(correctedOffset(sample({ date: at(now + skew_s * 1_000), code })) !== undefined, skewed)
  })

  it.each(corpus?.bad_date_header ?? [])("not with the date $date", ({ date }) => {
    assert.isUndefined(correctedOffset(sample({ date, code: "RequestTimeTooSkewed" })))
  })
})
