import { Effect, Schedule, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"
import type { ItemSentence } from "wink-nlp"
import { entitiesOf } from "./entities.ts"
import type { Insight } from "./insight.ts"
import { its, readDoc } from "./language.ts"

const analyse = (text: string): typeof Insight.Type => {
  const document = readDoc(text)
  const sentences: Array<ItemSentence> = []
  document.sentences().each((sentence: ItemSentence) => sentences.push(sentence))
  return {
    sentiment: Number(document.out(its.sentiment)),
    entities: entitiesOf(document),
    sentences: sentences.map((_) => ({ text: _.out(), sentiment: Number(_.out(its.sentiment)) }))
  }
}

const sentenceBySentence = ({ sentences }: typeof Insight.Type) =>
  Stream.fromIterable(sentences).pipe(
    Stream.map(({ sentiment, text }) => `${sentiment.toFixed(2).padStart(5)}  ${text}\n`),
    Stream.schedule(Schedule.spaced("200 millis"))
  )

export const insightContainer = (name: string) =>
  Emulator.endpoint(name, ({ Body, operation }) => {
    const text = new TextDecoder().decode(Body).trim()
    if (text === "") {
      return Effect.fail("The request body is empty")
    }
    const insight = analyse(text)
    return Effect.succeed(
      operation === "InvokeEndpointWithResponseStream"
        ? { ContentType: "text/plain", Body: sentenceBySentence(insight) }
        : { ContentType: "application/json", Body: JSON.stringify(insight) }
    )
  })
