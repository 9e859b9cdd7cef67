import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { picture } from "./frames/picture.ts"
import { recording } from "./frames/recording.ts"

it.live("the picture of the guide has the frames of a call", () =>
  Effect.gen(function*() {
    const file = readFileSync("docs/bidirectional-frames.svg", "utf8")
    assert.strictEqual(file, picture(yield* recording), "the picture is out of date: run npm run docs:pictures")
  }))
