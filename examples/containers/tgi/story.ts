import { Array, Effect, Stream } from "effect"
import { Container, Tokens } from "effect-sagemaker-runtime"

const bloom = Container.tgi("bloom-560m")

export const tellStory = (beginning: string, write: (text: string) => Effect.Effect<void>) =>
  bloom.generate.stream({ inputs: beginning, parameters: { max_new_tokens: 40, temperature: 0.7 } }).pipe(
    Stream.tap(({ text }) => write(text)),
    Tokens.collect
  )

export const unlikelyWords = (beginning: string) =>
  bloom.generate.invoke({ inputs: beginning, parameters: { max_new_tokens: 40, details: true } }).pipe(
    Effect.map((response) => Array.ensure(response).flatMap(({ details }) => details?.tokens ?? [])),
    Effect.map(Array.filter(({ logprob }) => (logprob ?? 0) < -0.5)),
    Effect.map(Array.map(({ text }) => text.trim()))
  )
