import { Effect, Fiber, Option, Schedule, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import type { Detail, ItemSentence, WinkMethods } from "wink-nlp"
import type { Insight } from "./insight.ts"

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

const sentenceBySentence = ({ sentences }: typeof Insight.Type) =>
  Stream.fromIterable(sentences).pipe(
    Stream.map(({ sentiment, text }) => `${sentiment.toFixed(2).padStart(5)}  ${text}\n`),
    Stream.schedule(Schedule.spaced("200 millis"))
  )

export const deploy = (name: string) =>
  Effect.map(
    Effect.cached(Effect.forkDaemon(load)),
    (loading) =>
      Emulator.endpoint(name, ({ Body, operation }) =>
        Effect.gen(function*() {
          const loaded = yield* Effect.flatMap(loading, Fiber.poll)
          if (Option.isNone(loaded)) {
            return yield* new SageMakerError.ModelNotReadyException({ message: "The model is loading" })
          }
          const text = new TextDecoder().decode(Body).trim()
          if (text === "") {
            return yield* Effect.fail("There is no text to understand")
          }
          const insight = understand(yield* loaded.value, text)
          return operation === "InvokeEndpointWithResponseStream"
            ? { ContentType: "text/plain", Body: sentenceBySentence(insight) }
            : { ContentType: "application/json", Body: JSON.stringify(insight) }
        }))
  )
