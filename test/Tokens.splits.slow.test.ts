import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Tokens } from "effect-sagemaker-runtime"
import { bytesOf, decodeChunks, everySplit } from "./support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { readStreams } from "./support/tokenTranscripts.ts"

/** The work grows with the square of the length. `Tokens.splits.test.ts` reads longer streams byte by byte. */
const streams = readStreams().filter(({ text }) => text.length <= 8_000)

describe.skipIf(!hasCorpora)(needsCorpora("A recorded stream"), () => {
  it.effect.each(streams)(
    "has the same tokens for a chunk boundary at every byte: $name",
    ({ text }) =>
      Effect.gen(function*() {
        const bytes = bytesOf(text)
        const whole = yield* decodeChunks(Tokens.detected, [bytes])
        for (const parts of everySplit(bytes)) {
          assert.deepStrictEqual(yield* decodeChunks(Tokens.detected, parts), whole)
        }
      }),
    300_000
  )
})
