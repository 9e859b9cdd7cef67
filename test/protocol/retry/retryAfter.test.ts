import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { retryAfterMillis } from "../../../src/protocol/retry/retry.ts"

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const after = (text: string) => retryAfterMillis({ "retry-after": text }, now)
const amzAfter = (text: string) => retryAfterMillis({ "x-amz-retry-after": text }, now)

describe("The retry delay of a response", () => {
  it("is x-amz-retry-after in milliseconds", () => assert.strictEqual(amzAfter("1500"), 1_500))

  it("is Retry-After in seconds", () => assert.strictEqual(after("3"), 3_000))

  it.each([
    ["IMF-fixdate", "Sat, 21 Nov 2026 12:00:07 GMT"],
    ["RFC 850", "Saturday, 21-Nov-26 12:00:07 GMT"]
  ])("is the time until the date in Retry-After: %s", (_, date) => assert.strictEqual(after(date), 7_000))

  it("is zero if that date has passed", () => assert.strictEqual(after("Wed, 21 Oct 2015 07:28:00 GMT"), 0))

  it("ignores white space around the value", () => {
    assert.strictEqual(amzAfter(" 1500 "), 1_500)
    assert.strictEqual(after(" 3 "), 3_000)
  })

  it("is AWS's header if both are present and it is readable", () => {
    assert.strictEqual(retryAfterMillis({ "x-amz-retry-after": "20", "retry-after": "3" }, now), 20)
    assert.strictEqual(retryAfterMillis({ "x-amz-retry-after": "soon", "retry-after": "3" }, now), 3_000)
  })

  it.each(["", " ", "soon", "-5", "+7", "1.5", "1e3", "0x10", "5 s", "NaN", "Infinity", "12345678901234567890"])(
    "is undefined if no header is readable: %j",
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
    "is undefined for a date that is not an HTTP date or has no time zone: %j",
    (text) => assert.isUndefined(after(text))
  )

  it("is undefined without a header", () => assert.isUndefined(retryAfterMillis({}, now)))

  it.prop(
    "is a finite number that is not negative",
    [FastCheck.oneof(FastCheck.string(), FastCheck.date({ noInvalidDate: true }).map((_) => _.toUTCString()))],
    ([text]) => {
      for (const delay of [after(text), amzAfter(text)]) {
        assert.isTrue(delay === undefined || (Number.isFinite(delay) && delay >= 0))
      }
    }
  )
})
