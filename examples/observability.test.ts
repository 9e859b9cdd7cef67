import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { pictures } from "./observability/pictures.ts"

describe("The pictures of the guide", () => {
  it.live("show the current spans", () =>
    Effect.gen(function*() {
      for (const [name, picture] of Object.entries(yield* pictures)) {
        const file = readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8")
        assert.strictEqual(file, picture, `${name} is out of date: run npm run docs:pictures`)
      }
    }))
})
