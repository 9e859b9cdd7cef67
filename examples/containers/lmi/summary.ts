import { Effect, Stream } from "effect"
import { Container, Tokens } from "effect-sagemaker-runtime"

const llama = Container.lmi("llama-3-8b")

const generated = (inputs: string, write: (text: string) => Effect.Effect<void>) =>
  llama.generate.stream({ inputs, parameters: { max_new_tokens: 60, details: true } }).pipe(
    Stream.tap(({ text }) => write(text)),
    Tokens.collect
  )

export const summarise = (article: string, write: (text: string) => Effect.Effect<void>) =>
  generated(`${article}\n\nSummary:`, write).pipe(
    Effect.map(({ finishReason }) => (finishReason === "length" ? "cut off" : "complete")),
    Effect.catchTag("ModelError", ({ OriginalStatusCode }) => Effect.succeed(`rejected with ${OriginalStatusCode}`))
  )
