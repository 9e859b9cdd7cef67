import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { describe } from "vitest"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

describe.each([["README.md", 8], ["docs/node.md", 1], ["docs/typed-models.md", 6]] as const)(
  "%s shows",
  (page, count) => {
    const programs = [...read(page).matchAll(/<!-- (\S+) -->\n```ts\n([\s\S]*?)```/g)]

    it(`${count} programs`, () => {
      assert.strictEqual(programs.length, count)
    })

    for (const [, path = "", program] of programs) {
      it(`the current text of ${path}`, () => {
        assert.strictEqual(program, read(path))
      })
    }
  }
)
