import { assert, it } from "@effect/vitest"
import { Effect, Ref, Stream } from "effect"
import { InvokeEndpointWithResponseStream } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { deployGuide } from "./chat-container.ts"
import { ask } from "./chat.ts"
import { emulated } from "./emulated.ts"

const text =
  "Ripe bananas are yellow.\nThe façade of the town hall is grey — very grey.\nA circuit breaker keeps calls off."

const asked = (question: string) =>
  Effect.gen(function*() {
    const written = yield* Ref.make("")
    const usage = yield* ask(question, (text) => Ref.update(written, (before) => before + text))
    return { usage, written: yield* Ref.get(written) }
  })

it.live("writes the model's answer as it comes, and what it took", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* asked("Which colour has the town hall?"), {
      written: "The façade of the town hall is grey — very grey.",
      usage: { inputTokens: 6, outputTokens: 11, totalTokens: 17 }
    })
    assert.strictEqual((yield* asked("Who is Ludwig?")).written, "I do not know.")
  }).pipe(Effect.provide(emulated(Effect.sync(() => deployGuide(text))))))

it.effect("says when the model stops", () =>
  Effect.map(asked("?"), ({ written }) => assert.strictEqual(written, "Well\n(the model stopped: OutOfMemory)")).pipe(
    Effect.provide(MockRuntime.layer(
      MockRuntime.on(InvokeEndpointWithResponseStream.operation, () =>
        Effect.succeed({
          Body: Stream.map(
            Stream.make(
              `data: {"choices":[{"delta":{"content":"Well"}}]}\n\n`,
              `data: {"error":{"type":"OutOfMemory"}}\n\n`
            ),
            (part) => new TextEncoder().encode(part)
          )
        }))
    ))
  ))
