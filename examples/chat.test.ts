import { assert, it } from "@effect/vitest"
import { Effect, Ref, Stream } from "effect"
import { InvokeEndpointWithResponseStream } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { chatContainer } from "./chat-container.ts"
import { answerFrom, faq } from "./chat-faq.ts"
import { ask } from "./chat.ts"
import { emulated } from "./emulated.ts"

const asked = (question: string) =>
  Effect.gen(function*() {
    const written = yield* Ref.make("")
    const usage = yield* ask(question, (text) => Ref.update(written, (before) => before + text))
    return { usage, written: yield* Ref.get(written) }
  })

it.live("writes the tokens as they arrive and returns the usage", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* asked("Which colour has the town hall?"), {
      written: "The façade of the town hall is grey — very grey.",
      usage: { inputTokens: 6, outputTokens: 11, totalTokens: 17 }
    })
  }).pipe(Effect.provide(emulated(chatContainer(() => "The façade of the town hall is grey — very grey.")))))

it.effect("reports an error in the stream", () =>
  Effect.map(asked("?"), ({ written }) => assert.strictEqual(written, "Well\n(the stream failed: OutOfMemory)")).pipe(
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

const answer = answerFrom(faq)

it("finds the answer to a question in other words", () => {
  for (
    const [question, expected] of [
      ["When is a request sent again?", /three attempts|retryTimeouts/],
      ["when are requests retried", /three attempts/],
      ["How do I set a deadline?", /Timeouts\.use/],
      ["what happens when I cancel a stream?", /closes the connection/],
      ["Can I test my code without AWS?", /MockRuntime/],
      ["Does it work on Cloudflare Workers?", /wherever fetch/],
      ["Which Node version do I need?", /20\.19/],
      ["Where does it find my credentials?", /environment variables/],
      ["Do you log my secrets?", /never appear/],
      ["How do I stream tokens?", /ModelEndpoint\.chat/],
      ["Is there a circuit breaker?", /circuit breaker/],
      ["How big may a body be?", /25 MiB/],
      ["What if the container fails?", /ModelError/],
      ["Which Effect version is needed?", /Effect 3/]
    ] as const
  ) {
    assert.match(answer(question) ?? "no answer", expected, question)
  }
})

it("has no answer to a question about something else", () => {
  for (const question of ["Who is Ludwig?", "What is the capital of France?", "How are you?", "?", ""]) {
    assert.strictEqual(answer(question), undefined, question)
  }
})
