import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Chat, Codec } from "effect-sagemaker-runtime"
import { bytesOf } from "./support/chunkBoundaries.ts"
import { hasCorpora, needsCorpora } from "./support/corpora.ts"
import { transcripts } from "./support/transcripts.ts"

type Members = Readonly<Record<string, unknown>>

const isCompletion = (value: unknown): boolean => (value as Members)["object"] === "chat.completion"

const isChunk = (value: unknown): boolean =>
  (value as Members)["object"] === "chat.completion.chunk" ||
  ((value as { choices?: ReadonlyArray<Members> }).choices ?? []).some((choice) => "delta" in choice)

const select = (predicate: (value: unknown) => boolean) =>
  transcripts.flatMap(({ path, value }) => [value].flat().filter(predicate).map((each) => ({ path, each })))

const completions = select(isCompletion)
const chunks = select((value) => isChunk(value) && !isCompletion(value))

const backAndForth = <A, I>(schema: Schema.Schema<A, I>, value: unknown) =>
  Effect.gen(function*() {
    const codec = Codec.json(schema)
    const payload = yield* Codec.encode(yield* codec.decode(bytesOf(JSON.stringify(value))), codec)
    return JSON.parse(new TextDecoder().decode(payload.Body)) as unknown
  })

describe.skipIf(!hasCorpora)(needsCorpora("Every recorded body of TGI"), () => {
  it("contains chat completions and chunks", () => {
    assert.isAbove(completions.length, 300)
    assert.isAbove(chunks.length, 400)
  })

  it.effect("that is a chat completion is read without loss", () =>
    Effect.forEach(
      completions,
      ({ each, path }) =>
        Effect.map(backAndForth(Chat.ChatCompletion, each), (back) => assert.deepStrictEqual(back, each, path))
    ))

  it.effect("that is a chunk is read without loss", () =>
    Effect.forEach(
      chunks,
      ({ each, path }) =>
        Effect.map(backAndForth(Chat.ChatCompletionChunk, each), (back) => assert.deepStrictEqual(back, each, path))
    ))

  it.effect("gives a message that a request accepts, with every tool call", () =>
    Effect.forEach(completions, ({ each, path }) =>
      Effect.gen(function*() {
        const completion = yield* Schema.decodeUnknown(Chat.ChatCompletion)(each)
        const message = Chat.toMessage(completion)
        yield* Codec.encode({ messages: [message] }, Codec.json(Chat.ChatRequest))
        const recorded = completion.choices[0]?.message.tool_calls ?? []
        assert.lengthOf(message.tool_calls ?? [], recorded.length, path)
        for (const [at, call] of (message.tool_calls ?? []).entries()) {
          const { arguments: given, name } = recorded[at]!.function!
          assert.strictEqual(call.function.name, name, path)
          const expected: unknown = typeof given === "string" ? JSON.parse(given) : given
          assert.deepStrictEqual(JSON.parse(call.function.arguments), expected, path)
        }
      })))
})
