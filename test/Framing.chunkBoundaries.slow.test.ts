import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bytesOf, decodeChunks, everyPairOfSplits } from "./support/chunkBoundaries.ts"
import { transcripts } from "./support/framingTranscripts.ts"

describe.each(transcripts)("$what", ({ framing, short }) => {
  it.effect("are the same for chunk boundaries at every pair of bytes", () =>
    Effect.gen(function*() {
      const bytes = bytesOf(short)
      const whole = yield* decodeChunks(framing, [bytes])
      assert.isAbove(whole.out.length, 0)
      for (const parts of everyPairOfSplits(bytes)) {
        assert.deepStrictEqual(yield* decodeChunks(framing, parts), whole)
      }
    }))
})
