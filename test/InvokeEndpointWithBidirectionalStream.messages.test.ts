import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Either, FastCheck, Fiber, Ref, Stream } from "effect"
import { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
import { byteByByte, bytesOf, everyPairOfSplits } from "./support/chunkBoundaries.ts"
import { memoryInUse } from "./support/memory.ts"

type Part = Bidirectional.ResponsePart

const decoder = new TextDecoder()

const collect = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** The elements before the end of a stream, and its error. */
const run = <A, E>(stream: Stream.Stream<A, E>) =>
  Effect.gen(function*() {
    const out: Array<A> = []
    const end = yield* Effect.either(Stream.runForEach(stream, (element) => Effect.sync(() => out.push(element))))
    return { out, error: Either.isLeft(end) ? end.left : undefined }
  })

const summary = ({ Bytes, CompletionState, DataType }: Part) => [decoder.decode(Bytes), DataType, CompletionState]

const part = (text: string | Uint8Array, CompletionState?: string, DataType?: string): Part => ({
  Bytes: bytesOf(text),
  ...(CompletionState === undefined ? {} : { CompletionState }),
  ...(DataType === undefined ? {} : { DataType })
})

const text = FastCheck.string({ unit: FastCheck.constantFrom("a", "é", "日", "🙂", "\u0000", "\ufeff") })
const bytes = FastCheck.uint8Array({ maxLength: 60 })

describe("Bidirectional.parts", () => {
  it.effect.each(
    [
      ["text", "héllo", ["héllo", "UTF8", "COMPLETE"]],
      ["empty text", "", ["", "UTF8", "COMPLETE"]],
      ["bytes", bytesOf("abc"), ["abc", "BINARY", "COMPLETE"]],
      ["an ArrayBuffer", bytesOf("abc").slice().buffer, ["abc", "BINARY", "COMPLETE"]],
      ["16-bit samples", new Int16Array([0x6261, 0x6463]), ["abcd", "BINARY", "COMPLETE"]]
    ] as const
  )("makes one part of small content: %s", ([, content, expected]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* collect(Bidirectional.parts(content))).map(summary), [[...expected]])
    }))

  it.effect("splits bytes at the limit, and text before a character that crosses it", () =>
    Effect.gen(function*() {
      const binary = yield* collect(Bidirectional.parts(bytesOf("abcdefghi"), { maxPartBytes: 4 }))
      assert.deepStrictEqual(binary.map(summary), [
        ["abcd", "BINARY", "PARTIAL"],
        ["efgh", "BINARY", "PARTIAL"],
        ["i", "BINARY", "COMPLETE"]
      ])
      const characters = yield* collect(Bidirectional.parts("a🙂éb", { maxPartBytes: 4 }))
      assert.deepStrictEqual(characters.map(summary), [
        ["a", "UTF8", "PARTIAL"],
        ["🙂", "UTF8", "PARTIAL"],
        ["éb", "UTF8", "COMPLETE"]
      ])
    }))

  it.effect("splits content larger than 1 MiB by default", () =>
    Effect.gen(function*() {
      const sizes = Effect.map(
        collect(Bidirectional.parts(new Uint8Array(1024 * 1024 + 1))),
        (all) => all.map(({ Bytes }) => Bytes.byteLength)
      )
      assert.deepStrictEqual(yield* sizes, [1024 * 1024, 1])
    }))

  it.effect("sends bytes with another DataType if the option has one", () =>
    Effect.gen(function*() {
      const all = yield* collect(Bidirectional.parts(bytesOf("{}"), { DataType: "UTF8" }))
      assert.deepStrictEqual(all.map(summary), [["{}", "UTF8", "COMPLETE"]])
      const invalidText = Uint8Array.from({ length: 9 }, () => 0x80)
      const views = yield* collect(Bidirectional.parts(invalidText, { DataType: "UTF8", maxPartBytes: 4 }))
      assert.deepStrictEqual(views.map(({ Bytes }) => Bytes.byteLength), [4, 4, 1])
    }))

  it.effect("makes one message of a stream, whose last part is empty", () =>
    Effect.gen(function*() {
      const all = yield* collect(Bidirectional.parts(Stream.make("one ", "", "two")))
      assert.deepStrictEqual(all.map(summary), [
        ["one ", "UTF8", "PARTIAL"],
        ["two", "UTF8", "PARTIAL"],
        ["", "UTF8", "COMPLETE"]
      ])
      assert.deepStrictEqual((yield* collect(Bidirectional.parts(Stream.empty))).map(summary), [
        ["", undefined, "COMPLETE"]
      ])
    }))

  it.effect("sends each piece of a stream before the next one arrives", () =>
    Effect.gen(function*() {
      const next = yield* Deferred.make<string>()
      const first = yield* Deferred.make<string>()
      const pieces = Stream.concat(Stream.make("one"), Stream.fromEffect(Deferred.await(next)))
      const all = yield* Effect.fork(
        collect(
          Stream.tap(Bidirectional.parts(pieces), ({ Bytes }) => Deferred.succeed(first, decoder.decode(Bytes)))
        )
      )
      assert.strictEqual(yield* Deferred.await(first), "one")
      yield* Deferred.succeed(next, "two")
      assert.lengthOf(yield* Fiber.join(all), 3)
    }))

  it.effect("keeps a character whole whose surrogates arrive in two pieces", () =>
    Effect.gen(function*() {
      const all = yield* collect(Bidirectional.parts(Stream.make("a\ud83d", "", "\ude42b")))
      assert.deepStrictEqual(all.map(summary).map(([each]) => each), ["a", "🙂b", ""])
    }))

  it.effect("passes on the failure of a stream after its parts", () =>
    Effect.gen(function*() {
      const { error, out } = yield* run(Bidirectional.parts(Stream.concat(Stream.make("a"), Stream.fail("lost"))))
      assert.deepStrictEqual([out.map(summary), error], [[["a", "UTF8", "PARTIAL"]], "lost"])
    }))

  const detached = () => {
    const view = new Uint8Array(4)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    return view
  }
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const throwing = {
    get DataType(): never {
      throw new Error("secret")
    }
  }

  it.effect.each<readonly [string, unknown, unknown, string]>([
    ["a lone surrogate", "a\ud83d", undefined, "Body must be well-formed text"],
    ["a lone surrogate at the end of a stream", Stream.make("a\ud83d"), undefined, "Body must be well-formed text"],
    ["a lone surrogate in a stream", Stream.make("a\ud83d", "b"), undefined, "Body must be well-formed text"],
    [
      "a half of a character before bytes",
      Stream.make("a\ud83d", bytesOf("b")),
      { DataType: "UTF8" },
      "Body must be well-formed text"
    ],
    [
      "text and bytes",
      Stream.make<Array<string | Uint8Array>>("a", bytesOf("b")),
      undefined,
      "Body must be either text or bytes within one message"
    ],
    ["a number", 1, undefined, "Body must be text, Uint8Array"],
    ["null", null, undefined, "Body must be text, Uint8Array"],
    ["a revoked proxy", revoked(), undefined, "Body must be text, Uint8Array"],
    ["a detached buffer in a stream", Stream.sync(detached), undefined, "Body must be text, Uint8Array"],
    ["a number in a stream", Stream.make(1), undefined, "Body must be text, Uint8Array"],
    ["a small limit", "a", { maxPartBytes: 3 }, "maxPartBytes must be an integer from 4 to 16777216"],
    ["a large limit", "a", { maxPartBytes: 16_777_217 }, "maxPartBytes must be an integer from 4 to 16777216"],
    ["a limit that is not a number", "a", { maxPartBytes: "9" }, "maxPartBytes must be an integer"],
    ["an unknown type", "a", { DataType: "utf8" }, "DataType must be UTF8 or BINARY"],
    ["an unreadable option", "a", throwing, "DataType must be readable without an error"],
    ["options of another type", "a", "fast", "options must be an object"]
  ])("fails for invalid input: %s", ([, content, options, expected]) =>
    Effect.gen(function*() {
      const { error } = yield* run(Bidirectional.parts(content as string, options as Bidirectional.PartsOptions))
      assert.strictEqual(error?._tag, "InvalidInputError")
      assert.include(error?.message, expected)
    }))
})

describe("Bidirectional.messages", () => {
  it.effect("makes a message of each element", () =>
    Effect.gen(function*() {
      const contents = Stream.make<Array<string | Uint8Array>>("abcdef", bytesOf("gh"))
      assert.deepStrictEqual((yield* collect(Bidirectional.messages(contents, { maxPartBytes: 4 }))).map(summary), [
        ["abcd", "UTF8", "PARTIAL"],
        ["ef", "UTF8", "COMPLETE"],
        ["gh", "BINARY", "COMPLETE"]
      ])
      const separate = yield* collect(Stream.flatMap(contents, Bidirectional.parts))
      assert.deepStrictEqual(separate, yield* collect(contents.pipe(Bidirectional.messages)))
    }))

  it.effect("sends the messages before an invalid one", () =>
    Effect.gen(function*() {
      const { error, out } = yield* run(Bidirectional.messages(Stream.make("a", "\ud83d", "b")))
      assert.deepStrictEqual([out.map(summary), error?.message], [
        [["a", "UTF8", "COMPLETE"]],
        "Body must be well-formed text"
      ])
    }))
})

describe("Bidirectional.reassemble", () => {
  it.effect.prop(
    "gives the messages that parts were made of",
    [FastCheck.array(FastCheck.oneof(text, bytes)), FastCheck.integer({ min: 4, max: 16 })],
    ([contents, maxPartBytes]) =>
      Effect.gen(function*() {
        const sent = yield* collect(Bidirectional.messages(Stream.fromIterable(contents), { maxPartBytes }))
        assert.isTrue(sent.every(({ Bytes }) => Bytes.byteLength <= maxPartBytes))
        const received = yield* collect(Stream.fromIterable(sent).pipe(Bidirectional.reassemble))
        assert.deepStrictEqual(
          received.map(({ Bytes, DataType }) => [Array.from(Bytes), DataType]),
          contents.map((each) => [Array.from(bytesOf(each)), typeof each === "string" ? "UTF8" : "BINARY"])
        )
      })
  )

  it.effect.prop(
    "gives the message that pieces of a stream were made of",
    [FastCheck.oneof(FastCheck.array(text, { minLength: 1 }), FastCheck.array(bytes, { minLength: 1 }))],
    ([pieces]) =>
      Effect.gen(function*() {
        const received = yield* collect(
          Bidirectional.parts(Stream.fromIterable<string | Uint8Array>(pieces), { maxPartBytes: 4 }).pipe(
            Bidirectional.reassemble
          )
        )
        assert.deepStrictEqual(
          received.map(({ Bytes }) => Array.from(Bytes)),
          [pieces.flatMap((piece) => Array.from(bytesOf(piece)))]
        )
      })
  )

  it.effect("takes a part without a state as a complete message, and an unknown state too", () =>
    Effect.gen(function*() {
      const parts = Stream.make(part("a"), part("b", "PARTIAL"), part("c"), part("d", "LAST"))
      const received = yield* collect(Bidirectional.reassemble(parts))
      assert.deepStrictEqual(received.map(({ Bytes }) => decoder.decode(Bytes)), ["a", "bc", "d"])
    }))

  it.effect("has the DataType of the first part that has one", () =>
    Effect.gen(function*() {
      const received = yield* collect(
        Stream.make(part("a", "PARTIAL"), part("b", "PARTIAL", "BINARY"), part("", "COMPLETE", "UTF8"), part("c")).pipe(
          Bidirectional.reassemble
        )
      )
      assert.deepStrictEqual(received, [{ Bytes: bytesOf("ab"), DataType: "BINARY" }, { Bytes: bytesOf("c") }])
    }))

  it.effect("does not reuse the bytes of a message", () =>
    Effect.gen(function*() {
      const parts = Stream.make(part("a", "PARTIAL"), part("b"), part("c", "PARTIAL"), part("d"))
      const received = yield* collect(Bidirectional.reassemble(parts))
      assert.deepStrictEqual(received.map(({ Bytes }) => decoder.decode(Bytes)), ["ab", "cd"])
    }))

  it.effect("fails if the stream ends inside a message, after the messages before it", () =>
    Effect.gen(function*() {
      const { error, out } = yield* run(Bidirectional.reassemble(Stream.make(part("a"), part("b", "PARTIAL"))))
      assert.deepStrictEqual(out, [{ Bytes: bytesOf("a") }])
      assert.deepInclude(error, {
        _tag: "ModelStreamError",
        ErrorCode: "IncompleteStream",
        message: "The stream ended inside a message: its last part is PARTIAL"
      })
    }))

  it.effect("passes on the failure of the stream", () =>
    Effect.gen(function*() {
      const parts = Stream.concat(Stream.make(part("a", "PARTIAL")), Stream.fail("lost"))
      assert.deepStrictEqual(yield* run(Bidirectional.reassemble(parts)), { out: [], error: "lost" })
    }))

  it.effect("fails as soon as a message is larger than the limit", () =>
    Effect.gen(function*() {
      const pulled = yield* Ref.make(0)
      const endless = Stream.repeatEffect(Effect.as(Ref.update(pulled, (count) => count + 1), part("abcd", "PARTIAL")))
      const { error, out } = yield* run(
        Stream.concat(Stream.make(part("12345678")), endless).pipe(Bidirectional.reassemble({ maxMessageBytes: 8 }))
      )
      assert.strictEqual(yield* Ref.get(pulled), 3)
      assert.lengthOf(out, 1)
      assert.deepInclude(error, {
        _tag: "PayloadTooLargeError",
        direction: "response",
        limit: 8,
        message: "A message of the stream has at least 12 bytes; the limit (maxMessageBytes) is 8"
      })
      const single = yield* run(Bidirectional.reassemble(Stream.make(part("123456789")), { maxMessageBytes: 8 }))
      assert.strictEqual(single.error?._tag, "PayloadTooLargeError")
    }))

  it.effect.each([0, -1, 1.5, Number.NaN, "9"])(
    "rejects an invalid limit: %s",
    (maxMessageBytes) =>
      Effect.gen(function*() {
        const { error } = yield* run(
          Bidirectional.reassemble(Stream.empty, { maxMessageBytes } as Bidirectional.ReassembleOptions)
        )
        assert.match(error?.message ?? "", /^maxMessageBytes must be an integer from 1 to 9007199254740991$/)
      })
  )

  it.live("copies the parts of a message, so that it does not keep the chunks that contain them", () =>
    Effect.gen(function*() {
      const before = yield* memoryInUse
      const parts = Stream.range(1, 2_000, 1).pipe(Stream.map((): Part => ({
        Bytes: new Uint8Array(64 * 1024).subarray(0, 1),
        CompletionState: "PARTIAL"
      })))
      const used = yield* Ref.make(0)
      const measured = Stream.drain(
        Stream.fromEffect(Effect.flatMap(memoryInUse, (now) => Ref.set(used, now - before)))
      )
      yield* run(Bidirectional.reassemble(Stream.concat(parts, measured)))
      assert.isBelow(yield* Ref.get(used), 20 * 1024 * 1024)
    }))
})

describe("Bidirectional.texts", () => {
  const story = "Grüße, 日本 🙂 👩‍👩‍👧 \ufeff ende"

  it.effect("never splits a character, for any boundary of the parts", () =>
    Effect.gen(function*() {
      const splits = [byteByByte(bytesOf(story)), ...everyPairOfSplits(bytesOf("é日🙂x"))]
      for (const pieces of splits) {
        const parts = pieces.map((piece, at) => part(piece, at === pieces.length - 1 ? "COMPLETE" : "PARTIAL", "UTF8"))
        const out = yield* collect(Bidirectional.texts(Stream.fromIterable(parts)))
        assert.strictEqual(out.join(""), decoder.decode(Uint8Array.from(pieces.flatMap((piece) => Array.from(piece)))))
        assert.isTrue(out.every((each) => each !== "" && !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(each)))
      }
    }))

  it.effect.prop(
    "gives the text of the messages that parts were made of, without their binary messages",
    [FastCheck.array(FastCheck.oneof(text, bytes))],
    ([contents]) =>
      Effect.gen(function*() {
        const sent = Bidirectional.messages(Stream.fromIterable(contents), { maxPartBytes: 4 })
        const out = yield* collect(
          Stream.flattenChunks(Stream.make(yield* Stream.runCollect(sent))).pipe(Bidirectional.texts)
        )
        assert.strictEqual(out.join(""), contents.filter((each) => typeof each === "string").join(""))
      })
  )

  it.effect("gives the text of a part before the next part arrives", () =>
    Effect.gen(function*() {
      const parts = Stream.concat(Stream.make(part("Hel", "PARTIAL", "UTF8")), Stream.never)
      const out = yield* collect(parts.pipe(Bidirectional.texts, Stream.take(1)))
      assert.deepStrictEqual(out, ["Hel"])
    }))

  it.effect("skips binary parts, and parts that continue them", () =>
    Effect.gen(function*() {
      const parts = Stream.make(
        part("a"),
        part(Uint8Array.of(0xff), "PARTIAL", "BINARY"),
        part(Uint8Array.of(0xff), "COMPLETE"),
        part("b", "COMPLETE", "UTF8")
      )
      assert.deepStrictEqual(yield* collect(Bidirectional.texts(parts)), ["a", "b"])
    }))

  it.effect("fails for a binary part if the option requires it", () =>
    Effect.gen(function*() {
      const parts = Stream.make(part("a"), part("b", "COMPLETE", "BINARY"))
      const { error, out } = yield* run(parts.pipe(Bidirectional.texts({ binary: "fail" })))
      assert.deepStrictEqual([out, error?._tag, error?.message], [
        ["a"],
        "CodecError",
        "Cannot decode the stream as text/plain: a part is binary (its DataType is BINARY)"
      ])
    }))

  it.effect.each(
    [
      ["invalid UTF-8", [part(Uint8Array.of(0x61, 0xff, 0x62))], ["a"], "CodecError", /invalid UTF-8$/],
      [
        "a message that ends inside a character",
        [part(Uint8Array.of(0x61, 0xc3)), part(Uint8Array.of(0xa9))],
        ["a"],
        "CodecError",
        /incomplete UTF-8 character at the end of a message$/
      ],
      ["an end inside a message", [part("a", "PARTIAL")], ["a"], "ModelStreamError", /ended inside a message/]
    ] as const
  )("fails after the text before it: %s", ([, parts, before, tag, message]) =>
    Effect.gen(function*() {
      const { error, out } = yield* run(Bidirectional.texts(Stream.fromIterable<Part>(parts)))
      assert.deepStrictEqual([out, error?._tag], [[...before], tag])
      assert.match(error?.message ?? "", message)
    }))

  it.effect("rejects an invalid option", () =>
    Effect.gen(function*() {
      const { error } = yield* run(Bidirectional.texts(Stream.empty, { binary: "drop" } as never))
      assert.strictEqual(error?.message, "binary must be skip or fail")
    }))
})
