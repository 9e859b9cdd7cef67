import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Framing } from "effect-sagemaker-runtime"
import {
  byteByByte,
  bytesOf,
  decodeChunks,
  decodeChunksAtOnce,
  everyPairOfSplits,
  everySplit
} from "./support/chunkBoundaries.ts"
import { transcripts } from "./support/framingTranscripts.ts"

const joined: Framing.Framing<string, { readonly message: string }> = Framing.text

describe.each(transcripts)("$what", ({ failure, framing, long, out }) => {
  it.effect("are the same for a chunk boundary at every byte", () =>
    Effect.gen(function*() {
      const bytes = bytesOf(long)
      for (const parts of [...everySplit(bytes), byteByByte(bytes)]) {
        const result = yield* decodeChunks(framing, parts)
        assert.deepStrictEqual(result.out, out)
        assert.match(result.failure ?? "", failure ?? /^$/)
        assert.deepStrictEqual(yield* decodeChunksAtOnce(framing, parts), result)
      }
    }))
})

describe("Framing.text", () => {
  const story = "Grüße, 日本 🙂 👩‍👩‍👧 \ufeff ende"

  it.effect("never splits a character, for any chunk boundary", () =>
    Effect.gen(function*() {
      const bytes = bytesOf(story)
      for (const parts of [...everySplit(bytes), byteByByte(bytes)]) {
        const { failure, out } = yield* decodeChunks(joined, parts)
        assert.strictEqual(out.join(""), story)
        assert.isUndefined(failure)
        assert.isTrue(out.every((text) => text !== "" && !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text)))
      }
      for (const parts of everyPairOfSplits(bytesOf("é日🙂x"))) {
        assert.strictEqual((yield* decodeChunks(joined, parts)).out.join(""), "é日🙂x")
      }
    }))

  it.effect.each(
    [
      ["an invalid byte", [0x61, 0xc3, 0xa9, 0xff, 0x62], "aé", /invalid UTF-8$/],
      ["an incomplete character", [0x61, 0xe6, 0x97, 0x62], "a", /invalid UTF-8$/],
      ["an overlong encoding", [0x61, 0xc0, 0xaf], "a", /invalid UTF-8$/],
      ["an encoded surrogate", [0x61, 0xed, 0xa0, 0x80], "a", /invalid UTF-8$/],
      ["an end inside a character", [0x61, 0xf0, 0x9f, 0x99], "a", /incomplete UTF-8 character at the end$/]
    ] as const
  )("gives the text before %s, for any chunk boundary", ([, bytes, before, problem]) =>
    Effect.gen(function*() {
      for (const parts of everyPairOfSplits(Uint8Array.from(bytes))) {
        const { failure, out } = yield* decodeChunks(joined, parts)
        assert.strictEqual(out.join(""), before)
        assert.match(failure ?? "", problem)
      }
    }))
})
