import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Tokens } from "effect-sagemaker-runtime"
import { bytesOf, decodeChunks, everySplit } from "./support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { readStreams } from "./support/tokenTranscripts.ts"

describe.skipIf(!hasCorpora)(needsCorpora("A recorded stream"), () => {
  it.effect.each(readStreams())(
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
