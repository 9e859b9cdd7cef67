import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { transcripts } from "./support/framingTranscripts.ts"
import { bytesOf, everyPairOfSplits, framed } from "./support/splits.ts"

describe.each(transcripts)("$what", ({ framing, short }) => {
  it.effect("are the same for chunk boundaries at every pair of bytes", () =>
    Effect.gen(function*() {
      const bytes = bytesOf(short)
      const whole = yield* framed(framing, [bytes])
      assert.isAbove(whole.out.length, 0)
      for (const parts of everyPairOfSplits(bytes)) {
        assert.deepStrictEqual(yield* framed(framing, parts), whole)
      }
    }))
})
