import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { describe } from "vitest"

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8")

const programs = [...read("README.md").matchAll(/<!-- (\S+) -->\n```ts\n([\s\S]*?)```/g)]

describe("the README shows", () => {
  it("six programs", () => {
    assert.strictEqual(programs.length, 6)
  })

  for (const [, path = "", program] of programs) {
    it(`${path} as it is`, () => {
      assert.strictEqual(program, read(path))
    })
  }
})
