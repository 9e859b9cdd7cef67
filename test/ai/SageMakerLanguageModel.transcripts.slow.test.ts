import { LanguageModel, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Tokens } from "effect-sagemaker-runtime"
import { hasCorpora, needsCorpora } from "../support/corpora.ts"
import { type Members, scriptedModel } from "../support/languageModel.ts"
import { at, readStreams, readTranscripts } from "../support/tokenTranscripts.ts"

/** A tool for each call that a transcript contains, so that the calls of any model are read. */
const anyTool = (names: ReadonlyArray<string>) =>
  Toolkit.make(...Array.from(new Set(names), (name) => Tool.make(name, { parameters: {} })))

const namesIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/"_?name": ?"(\w+)"/g)].flatMap(([, name]) => name ?? [])

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const isChatCompletion = (value: Members): boolean => at(value, "choices", 0, "message") !== undefined

const options = (toolkit: Toolkit.Any) => ({ prompt: "Hi", toolkit, disableToolCallResolution: true }) as never

describe.skipIf(!hasCorpora)(needsCorpora("Recorded bodies of TGI and Anthropic"), () => {
  it.effect("of completions give the text and the calls of the completion", () =>
    Effect.gen(function*() {
      const completions = readTranscripts().flatMap(({ name, values }) =>
        values.filter(isChatCompletion).map((value) => ({ name, value }))
      )
      assert.isAbove(completions.length, 20)
      for (const { name, value } of completions) {
        const { layer } = yield* scriptedModel({}, value)
        const response = yield* LanguageModel.generateText(options(anyTool(namesIn(JSON.stringify(value))))).pipe(
          Effect.provide(layer)
        ) as Effect.Effect<LanguageModel.GenerateTextResponse<{}>>
        const message = at(value, "choices", 0, "message")
        assert.strictEqual(response.text, at(message, "content") ?? "", name)
        assert.strictEqual(
          response.toolCalls.length,
          [at(message, "tool_calls") ?? []].flat().length,
          name
        )
        assert.strictEqual(response.usage.totalTokens, at(value, "usage", "total_tokens"), name)
      }
    }))

  it.effect("of streams give what Tokens.collect gives", () =>
    Effect.gen(function*() {
      for (const { name, text } of readStreams()) {
        const collected = yield* Tokens.detected.frame(Stream.succeed(new TextEncoder().encode(text))).pipe(
          Tokens.collect,
          Effect.either
        )
        const { layer } = yield* scriptedModel({}, text)
        const parts: Array<{ readonly type: string; readonly delta?: string }> = []
        const called = collected._tag === "Right" ? collected.right.toolCalls : []
        const outcome = yield* (LanguageModel.streamText(options(anyTool(called.map((call) =>
          call.name
        )))) as Stream.Stream<
          { readonly type: string },
          unknown,
          LanguageModel.LanguageModel
        >).pipe(
          Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
          Effect.provide(layer),
          Effect.either
        )
        const joined = (type: string) =>
          parts.filter((part) => part.type === type).map(({ delta }) => delta ?? "").join("")
        if (collected._tag === "Right") {
          assert.strictEqual(joined("text-delta"), collected.right.text, name)
          assert.strictEqual(joined("reasoning-delta"), collected.right.reasoning, name)
          const isValid = called.every((call) => isJson(call.arguments))
          assert.strictEqual(outcome._tag, isValid ? "Right" : "Left", name)
          assert.strictEqual(parts.filter(({ type }) => type === "tool-call").length, isValid ? called.length : 0, name)
        } else {
          assert.strictEqual(outcome._tag, "Left", name)
        }
      }
    }))
})
