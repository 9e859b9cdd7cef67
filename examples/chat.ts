import { Effect, Ref, Stream } from "effect"
import { ModelEndpoint, type Tokens } from "effect-sagemaker-runtime"

const guide = ModelEndpoint.chat("guide")

export const ask = (question: string, write: (text: string) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const usage = yield* Ref.make<Tokens.TokenUsage>({})
    yield* guide.stream({ messages: [{ role: "user", content: question }] }).pipe(
      Stream.tap((token) => Ref.update(usage, (before) => token.usage ?? before)),
      Stream.runForEach(({ text }) => write(text))
    )
    return yield* Ref.get(usage)
  }).pipe(
    Effect.catchTag("ModelStreamError", ({ ErrorCode }) =>
      Effect.as(write(`\n(the stream failed: ${ErrorCode})`), {} as Tokens.TokenUsage))
  )
