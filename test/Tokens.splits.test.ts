import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { Tokens } from "effect-sagemaker-runtime"
import { byteByByte, bytesOf, decodeChunks } from "./support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { readStreams, type RecordedStream } from "./support/tokenTranscripts.ts"

const streams = readStreams()

/** Chunks that end at these offsets. */
const cutAt = (bytes: Uint8Array, offsets: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...offsets].toSorted((left, right) => left - right)
  return [...ends, bytes.byteLength].map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
}

const partitions = ({ text }: RecordedStream) =>
  FastCheck.array(FastCheck.nat(bytesOf(text).byteLength), { minLength: 1, maxLength: 40 })

describe.skipIf(!hasCorpora)(needsCorpora("A recorded stream"), () => {
  it.effect.each(streams)("has the same tokens byte by byte: $name", ({ text }) =>
    Effect.gen(function*() {
      const bytes = bytesOf(text)
      const whole = yield* decodeChunks(Tokens.detected, [bytes])
      assert.isUndefined(whole.failure)
      assert.deepStrictEqual(yield* decodeChunks(Tokens.detected, byteByByte(bytes)), whole)
    }))

  it.effect.each(streams)(
    "has the same tokens and events in chunks of any size: $name",
    (stream) =>
      Effect.gen(function*() {
        const bytes = bytesOf(stream.text)
        const dialect = Tokens.withEvents(Tokens.detected)
        const whole = yield* decodeChunks(dialect, [bytes])
        for (const offsets of FastCheck.sample(partitions(stream), 5)) {
          assert.deepStrictEqual(yield* decodeChunks(dialect, cutAt(bytes, offsets)), whole)
        }
      })
  )
})
