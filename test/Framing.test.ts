import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck, Fiber, Ref, Schema, Stream, TestClock } from "effect"
import { Framing } from "effect-sagemaker-runtime"
import { byteByByte, bytesOf, decodeChunks } from "./support/chunkBoundaries.ts"

const limit = (framing: Framing.Framing<unknown>, text: string, parts: ReadonlyArray<Uint8Array> = [bytesOf(text)]) =>
  decodeChunks(Framing.withMaxLineBytes(framing, 8), parts)

describe("A framing buffers at most its longest line", () => {
  it.effect.each(
    [
      ["LF", Framing.lines, "12345678\n1\n", ["12345678", "1"]],
      ["CRLF", Framing.lines, "12345678\r\n1\r\n", ["12345678", "1"]],
      ["no end", Framing.lines, "12345678", ["12345678"]],
      ["JSON", Framing.jsonLines(Schema.Number), "12345678\r\n1", [12345678, 1]]
    ] as const
  )("and accepts a line of exactly that length: %s", ([, framing, text, out]) =>
    Effect.gen(function*() {
      for (const parts of [[bytesOf(text)], byteByByte(bytesOf(text))]) {
        assert.deepStrictEqual(yield* limit(framing, text, parts), { out: [...out], failure: undefined })
      }
    }))

  it.effect.each(
    [
      ["a line", Framing.lines, "ab\n123456789\n", ["ab"], "a line"],
      ["a line with CRLF", Framing.lines, "ab\n123456789\r\n", ["ab"], "a line"],
      ["a line without an end", Framing.lines, "ab\n123456789", ["ab"], "a line"],
      ["a line of JSON", Framing.jsonLines(Schema.Number), "1\n123456789\n", [1], "a line"],
      ["a line of an event", Framing.sse, "data:a\n\ndata:12345\n\n", [{ data: "a" }], "a line"],
      ["an event of several lines", Framing.sse, "data:a\n\ndata:1\ndata:2\n\n", [{ data: "a" }], "an event"]
    ] as const
  )(
    "and fails for %s that is longer, after the elements before it",
    ([, framing, text, out, what]) =>
      Effect.gen(function*() {
        for (const parts of [[bytesOf(text)], byteByByte(bytesOf(text))]) {
          const result = yield* limit(framing, text, parts)
          assert.deepStrictEqual(result.out, [...out])
          assert.match(result.failure ?? "", new RegExp(`: ${what} is longer than 8 bytes \\(maxLineBytes\\)$`))
        }
      })
  )

  it.effect("and stops a sender that sends no line ends", () =>
    Effect.gen(function*() {
      const sent = yield* Ref.make(0)
      const endless = Stream.repeatEffect(
        Effect.as(Ref.updateAndGet(sent, (size) => size + 1024), new Uint8Array(1024).fill(0x61))
      )
      const error = yield* Effect.flip(
        Stream.runDrain(Framing.withMaxLineBytes(100_000)(Framing.lines).frame(endless))
      )
      assert.include(error.message, "longer than 100000 bytes")
      assert.isBelow(yield* Ref.get(sent), 110_000)
    }))

  it("of 16 MiB by default", () => assert.strictEqual(Framing.defaultMaxLineBytes, 16 * 1024 * 1024))
})

describe("Framing.lines", () => {
  it.effect.prop(
    "gives the lines of any text for any chunk boundaries",
    [
      FastCheck.array(FastCheck.string({ unit: FastCheck.constantFrom("a", "é", "🙂", "\n", "\r\n", "\r", " ") })),
      FastCheck.array(FastCheck.nat(40))
    ],
    ([texts, sizes]) =>
      Effect.gen(function*() {
        const text = texts.join("")
        const expected = text.split("\n").map((line, at, all) =>
          at < all.length - 1 && line.endsWith("\r") ? line.slice(0, -1) : line
        )
        const bytes = bytesOf(text)
        let end = 0
        const ends = sizes.map((size) => (end = Math.min(bytes.length, end + size)))
        const parts = [...ends, bytes.length].map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end))
        const { out } = yield* decodeChunks(Framing.lines, parts)
        assert.deepStrictEqual(out, expected.at(-1) === "" ? expected.slice(0, -1) : expected)
      })
  )
})

describe("Framing.make", () => {
  const lengths = Framing.make(
    (chunks, limits) => Framing.lines.frame(chunks, limits).pipe(Stream.map((line) => line.length)),
    { mediaType: "text/plain", reads: ["text/*"] }
  )

  it.effect("makes a framing with the media types of its options", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual([lengths.mediaType, lengths.reads], ["text/plain", ["text/*"]])
      const read = yield* decodeChunks(lengths, byteByByte(bytesOf("ab\nc")))
      assert.deepStrictEqual(read, { out: [2, 1], failure: undefined })
    }))

  it.effect("passes the limits to the function", () =>
    Effect.map(decodeChunks(lengths, [bytesOf("ab\n1234")], { maxLineBytes: 3 }), ({ failure, out }) => {
      assert.deepStrictEqual(out, [2])
      assert.match(failure ?? "", /a line is longer than 3 bytes/)
    }))
})

describe("A framing", () => {
  const failing = Stream.concat(Stream.make(bytesOf("a\nb")), Stream.fail({ _tag: "Lost", message: "lost" } as const))

  it.effect("gives the complete elements before it passes on a failure of the stream", () =>
    Effect.gen(function*() {
      const out: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(Framing.lines.frame(failing), (line) => Effect.sync(() => out.push(line)))
      )
      assert.deepStrictEqual([out, error.message], [["a"], "lost"])
    }))

  it.effect("gives a line as soon as it is complete", () =>
    Effect.gen(function*() {
      const parts = Stream.concat(Stream.make(bytesOf("a\nb\rc\r")), Stream.never)
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(Framing.lines.frame(parts), 1))),
        ["a"]
      )
      const events = Stream.concat(Stream.make(bytesOf("data: a\r\r")), Stream.never)
      assert.strictEqual(
        Chunk.unsafeHead(yield* Stream.runCollect(Stream.take(Framing.sse.frame(events), 1))).data,
        "a"
      )
    }))

  it.effect("keeps the elements of a chunk in one chunk", () =>
    Effect.gen(function*() {
      const chunks = yield* Stream.runCollect(
        Stream.chunks(Framing.jsonLines(Schema.Number).frame(Stream.make(bytesOf("1\n2\n3\n"), bytesOf("4\n"))))
      )
      assert.deepStrictEqual(Array.from(chunks, (chunk) => Array.from(chunk)), [[1, 2, 3, 4]])
    }))

  it.effect("can be run twice", () =>
    Effect.gen(function*() {
      const events = Framing.sse.frame(Stream.make(bytesOf("data: a\n\ndata: b")))
      for (const _ of [1, 2]) {
        assert.strictEqual(yield* Stream.runCount(events), 2)
      }
    }))
})

describe("After [DONE],", () => {
  const done = bytesOf("data: 1\n\ndata: [DONE]\n\n")
  const numbers = Framing.sseJson(Schema.Number)

  it.effect("the rest of the stream is read, so that its connection can be reused", () =>
    Effect.gen(function*() {
      const ended = yield* Ref.make(false)
      const parts = Stream.concat(
        Stream.make(done, bytesOf(": more\n\n")),
        Stream.drain(Stream.fromEffect(Ref.set(ended, true)))
      )
      assert.deepStrictEqual(Array.from(yield* Stream.runCollect(numbers.frame(parts))), [1])
      assert.isTrue(yield* Ref.get(ended))
    }))

  it.effect("a failure of the stream is ignored", () =>
    Effect.gen(function*() {
      const parts = Stream.concat(Stream.make(done), Stream.fail("lost"))
      assert.deepStrictEqual(Array.from(yield* Stream.runCollect(numbers.frame(parts))), [1])
    }))

  it.effect("an endless stream is read for one second", () =>
    Effect.gen(function*() {
      const parts = Stream.concat(Stream.make(done), Stream.never)
      const fiber = yield* Effect.fork(Stream.runCollect(numbers.frame(parts)))
      yield* TestClock.adjust("999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(Array.from(yield* Fiber.join(fiber)), [1])
    }))
})
