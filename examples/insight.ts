import { Effect, Fiber, Option, Schema } from "effect"
import { Codec, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import type { Detail, ItemSentence, WinkMethods } from "wink-nlp"

export const Insight = Schema.Struct({
  sentiment: Schema.Number,
  entities: Schema.Array(Schema.Struct({ value: Schema.String, type: Schema.String })),
  sentences: Schema.Array(Schema.Struct({ text: Schema.String, sentiment: Schema.Number }))
})

export const insightEndpoint = (name: string) =>
  ModelEndpoint.make(name, { request: Codec.text, response: Codec.json(Insight) })

const load = Effect.promise(async () => {
  const [{ default: winkNLP }, { default: english }] = await Promise.all([
    import("wink-nlp"),
    import("wink-eng-lite-web-model")
  ])
  return winkNLP(english)
})

const understand = ({ its, readDoc }: WinkMethods, text: string): typeof Insight.Type => {
  const document = readDoc(text)
  const sentences: Array<ItemSentence> = []
  document.sentences().each((sentence: ItemSentence) => sentences.push(sentence))
  return {
    sentiment: Number(document.out(its.sentiment)),
    entities: document.entities().out<Detail>(its.detail) as ReadonlyArray<Detail>,
    sentences: sentences.map((_) => ({ text: _.out(), sentiment: Number(_.out(its.sentiment)) }))
  }
}

export const deploy = (name: string) =>
  Effect.map(
    Effect.cached(Effect.forkDaemon(load)),
    (loading) =>
      Emulator.endpoint(name, ({ Body }) =>
        Effect.gen(function*() {
          const loaded = yield* Effect.flatMap(loading, Fiber.poll)
          if (Option.isNone(loaded)) {
            return yield* new SageMakerError.ModelNotReadyException({ message: "The model is loading" })
          }
          const model = yield* loaded.value
          const text = new TextDecoder().decode(Body).trim()
          if (text === "") {
            return yield* Effect.fail("There is no text to understand")
          }
          return { ContentType: "application/json", Body: JSON.stringify(understand(model, text)) }
        }))
  )
