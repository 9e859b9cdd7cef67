import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"

const root = new URL("../../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")

const pages = readdirSync(new URL("docs/containers/", root)).filter((file) => file.endsWith(".md"))

const containers = pages.filter((file) => file !== "overview.md")

const sections = ["## Request", "## Response", "## Errors", "## Example", "## Sources"]

describe("The pages of the containers", () => {
  it.each(pages)("%s shows the programs of the repository", (file) => {
    const programs = Array.from(read(`docs/containers/${file}`).matchAll(/<!-- (\S+\.ts) -->\n```ts\n([\s\S]*?)```/g))
    assert.isNotEmpty(programs)
    for (const [, path, program] of programs) {
      assert.strictEqual(program, read(path!))
    }
  })

  it.each(containers)("%s has the sections of a container", (file) => {
    const text = read(`docs/containers/${file}`)
    assert.deepStrictEqual(sections.filter((section) => !text.includes(`\n${section}\n`)), [])
  })
})
