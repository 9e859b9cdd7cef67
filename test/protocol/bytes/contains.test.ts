import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { contains } from "../../../src/protocol/bytes/contains.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const word = FastCheck.stringMatching(/^[a-c1.-]{1,12}$/)

describe("contains", () => {
  it.prop("finds each text that String.includes finds, in any case", [word, FastCheck.array(word)], ([text, words]) => {
    const all = words.join("").toUpperCase()
    if (all.toLowerCase().includes(text)) {
      assert.isTrue(contains(utf8(all), text))
    }
  })

  it("does not find an absent identifier", () => {
    const id = "43125fbd-cf09-478b-bb1d-e03eb3d145b6"
    const bodies = [
      "",
      id.slice(1),
      JSON.stringify({ inputs: "the cat sat on the mat 0123-4567 ".repeat(200) }),
      "0".repeat(10_000),
      "a".repeat(10_000),
      "-".repeat(10_000)
    ]
    for (const body of bodies) {
      assert.isFalse(contains(utf8(body), id), body.slice(0, 20))
    }
    assert.isFalse(contains(Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7_919) % 256), id))
  })

  it("ends after one comparison per byte if the text almost repeats itself", () => {
    let reads = 0
    const bytes = new Proxy(new Uint8Array(100_000).fill(0x61), {
      get: (target, name) => {
        reads += 1
        return Reflect.get(target, name)
      }
    })
    assert.isTrue(contains(bytes, `b${"a".repeat(127)}`))
    assert.isBelow(reads, 500_000)
  })
})
