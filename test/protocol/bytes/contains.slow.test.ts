import { assert, it } from "@effect/vitest"
import { contains } from "../../../src/protocol/bytes/contains.ts"

const size = 25 * 1024 * 1024

it("A text that almost repeats itself is searched in linear time", () => {
  const bytes = new Uint8Array(size).fill(0x61)
  const texts = [
    `b${"a".repeat(127)}`,
    `${"a".repeat(127)}b`,
    `${"a".repeat(63)}b${"a".repeat(64)}`,
    "ab".repeat(64),
    "00000000-0000-0000-0000-b00000000000"
  ]
  const start = performance.now()
  for (const text of texts) {
    assert.isFalse(contains(bytes, text))
  }
  const periodic = new TextEncoder().encode("aab".repeat(size / 3))
  assert.isFalse(contains(periodic, `b${"baa".repeat(40)}`))
  assert.isFalse(contains(new Uint8Array(size).fill(0x30), "00000000-0000-0000-0000-b00000000000"))
  assert.isBelow(performance.now() - start, 5_000)
})

it("A text is found at the border of two chunks", () => {
  for (const at of [65_530, 65_535, 65_536, 131_070]) {
    const bytes = new Uint8Array(200_000)
    bytes.set(new TextEncoder().encode("Hunter-42"), at)
    assert.isTrue(contains(bytes, "hunter-42"))
  }
})
