import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { retryAfterMillis } from "../../../src/protocol/retry/retry.ts"

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const after = (text: string) => retryAfterMillis({ "retry-after": text }, now)
const amzAfter = (text: string) => retryAfterMillis({ "x-amz-retry-after": text }, now)

describe("the delay a response asks for", () => {
  it("is x-amz-retry-after in milliseconds", () => assert.strictEqual(amzAfter("1500"), 1_500))

  it("is Retry-After in seconds", () => assert.strictEqual(after("3"), 3_000))

  it.each([
    ["IMF-fixdate", "Sat, 21 Nov 2026 12:00:07 GMT"],
    ["RFC 850", "Saturday, 21-Nov-26 12:00:07 GMT"]
  ])("is the time until the date in Retry-After: %s", (_, date) => assert.strictEqual(after(date), 7_000))

  it("is nothing where that date has passed", () => assert.strictEqual(after("Wed, 21 Oct 2015 07:28:00 GMT"), 0))

  it("is read with white space around it", () => {
    assert.strictEqual(amzAfter(" 1500 "), 1_500)
    assert.strictEqual(after(" 3 "), 3_000)
  })

  it("is AWS's own header where both are there, unless that is unreadable", () => {
    assert.strictEqual(retryAfterMillis({ "x-amz-retry-after": "20", "retry-after": "3" }, now), 20)
    assert.strictEqual(retryAfterMillis({ "x-amz-retry-after": "soon", "retry-after": "3" }, now), 3_000)
  })

  it.each(["", " ", "soon", "-5", "+7", "1.5", "1e3", "0x10", "5 s", "NaN", "Infinity", "12345678901234567890"])(
    "is unknown where neither header can be read: %j",
    (text) => {
      assert.isUndefined(after(text))
      assert.isUndefined(amzAfter(text))
    }
  )

  it.each([
    "may 5 2099",
    "2099-05-05",
    "Sat, soon GMT",
    "Someday, 21 Nov 2026 12:00:07 GMT",
    "Sat Nov 21 12:00:07 2026"
  ])(
    "is not guessed from what is a date but none of HTTP's, or one without a time zone: %j",
    (text) => assert.isUndefined(after(text))
  )

  it("is unknown without a header", () => assert.isUndefined(retryAfterMillis({}, now)))

  it.prop(
    "is never negative, never anything but a finite number",
    [FastCheck.oneof(FastCheck.string(), FastCheck.date({ noInvalidDate: true }).map((_) => _.toUTCString()))],
    ([text]) => {
      for (const delay of [after(text), amzAfter(text)]) {
        assert.isTrue(delay === undefined || (Number.isFinite(delay) && delay >= 0))
      }
    }
  )
})
