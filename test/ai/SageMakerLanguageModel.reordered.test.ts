import { LanguageModel, type Response, Tool, Toolkit } from "@effect/ai"
import { assert, it } from "@effect/vitest"
import { Effect, Either, Exit, FastCheck, type Layer, Stream } from "effect"
import { ModelEndpoint, Tokens } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { chunk, type Members, toolCall, usageChunk } from "../support/languageModel.ts"
import { toEvents } from "../support/tokenTranscripts.ts"

const toolkit = Toolkit.make(
  Tool.make("weather", { parameters: {} }),
  Tool.make("now", { parameters: {} })
)

const handlers = toolkit.toLayer({ weather: () => Effect.void, now: () => Effect.void })

const chunks: ReadonlyArray<Members> = [
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning: "Two " }),
  chunk({ reasoning_content: "cities" }),
  chunk({ content: "Let me" }),
  chunk({ content: " see.", tool_calls: [toolCall("a", "weather", "")] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: "{\"city\":" } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: "\"Bern\"}" } }] }),
  chunk({ tool_calls: [toolCall("b", "now", "{}", 1)] }),
  chunk({ tool_calls: [toolCall(null, "now", "", 2)] }),
  chunk({ refusal: "no" }),
  chunk({}, "tool_calls"),
  usageChunk
]

const bytes = (text: string) => Stream.succeed(new TextEncoder().encode(text))

/** A language model whose stream has these events. */
const modelOf = (text: string) => {
  const model: SageMakerLanguageModel.ChatModel = {
    ...ModelEndpoint.chat("llama"),
    stream: (_, framing) => framing.frame(bytes(text)) as never
  }
  return SageMakerLanguageModel.layer({ model }) as Layer.Layer<LanguageModel.LanguageModel>
}

const order = FastCheck.tuple(
  FastCheck.shuffledSubarray([...chunks], { minLength: 0 }),
  FastCheck.boolean()
)

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text === "" ? "{}" : text)
    return true
  } catch {
    return false
  }
}

it.effect.prop(
  "Dropped and reordered chunks: the parts have what Tokens.collect has, or the failure is typed",
  [order],
  ([
    [events, isDone]
  ]) =>
    Effect.gen(function*() {
      const text = toEvents(events) + (isDone ? "data: [DONE]\n\n" : "")
      const collected = yield* Tokens.collect(Tokens.detected.frame(bytes(text)), { allowIncomplete: true })
      const complete = yield* Effect.exit(Tokens.collect(Tokens.detected.frame(bytes(text))))
      const parts: Array<Response.AnyPart> = []
      const outcome = yield* LanguageModel.streamText({ prompt: "Hi", toolkit, disableToolCallResolution: true }).pipe(
        Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
        Effect.provide([handlers, modelOf(text)]),
        Effect.either
      )
      const joined = (type: string) =>
        parts.flatMap((part) => part.type === type && "delta" in part ? part.delta : []).join("")
      assert.strictEqual(joined("text-delta"), collected.text)
      assert.strictEqual(joined("reasoning-delta"), collected.reasoning)
      const isValid = Exit.isSuccess(complete) &&
        collected.toolCalls.every((call) => call.name !== "" && isJson(call.arguments))
      assert.strictEqual(Either.isRight(outcome), isValid)
      assert.isTrue(Either.isRight(outcome) || outcome.left._tag === "MalformedOutput")
      const types = parts.map(({ type }) => type)
      assert.strictEqual(types.filter((type) => type === "tool-call").length, isValid ? collected.toolCalls.length : 0)
      for (const kind of ["text", "reasoning"]) {
        assert.strictEqual(
          types.filter((type) => type === `${kind}-start`).length,
          types.filter((type) => type === `${kind}-end`).length
        )
      }
    })
)
