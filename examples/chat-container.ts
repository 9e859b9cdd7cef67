import { Chunk, Effect, Schedule, Schema, Stream } from "effect"
import { Chat, Codec } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import english from "wink-eng-lite-web-model"
import winkNLP, { type ItemToken } from "wink-nlp"

const { its, readDoc } = winkNLP(english)

const stems = (text: string): ReadonlySet<string> => {
  const words = readDoc(text).tokens().filter((token: ItemToken) =>
    token.out(its.type) === "word" && !token.out(its.stopWordFlag)
  )
  return new Set(words.out(its.normal))
}

/** Learns a text, and answers with its passage that shares the most telling words with a question. */
const learn = (text: string) => {
  const passages = text.split("\n").map((line) => line.trim()).filter((line) => /\w+ \w+ \w+.*\.$/.test(line))
  const known = passages.map((passage) => ({ passage, words: stems(passage) }))
  const weight = (word: string) =>
    Math.log(1 + known.length / (1 + known.filter(({ words }) => words.has(word)).length))
  return (question: string): string => {
    const asked = [...stems(question)]
    const scored = known.map(({ passage, words }) => ({
      passage,
      score: asked.filter((word) => words.has(word)).reduce((sum, word) => sum + weight(word), 0) /
        Math.sqrt(1 + words.size)
    }))
    const best = scored.reduce((one, other) => (other.score > one.score ? other : one), { passage: "", score: 0 })
    return best.score === 0 ? "I do not know." : best.passage
  }
}

const tokensOf = (text: string): ReadonlyArray<string> => text.match(/\s*\S+/g) ?? []

const chunks = (question: string, answer: string) => {
  const [asked, told] = [tokensOf(question).length, tokensOf(answer)]
  return [
    ...told.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    { choices: [], usage: { prompt_tokens: asked, completion_tokens: told.length, total_tokens: asked + told.length } }
  ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).concat("data: [DONE]\n\n")
}

const lastMessage = ({ messages }: Chat.ChatRequest) => Schema.decodeUnknown(Schema.String)(messages.at(-1)?.content)

export const deployGuide = (text: string) => {
  const answer = learn(text)
  return Emulator.endpoint("guide", ({ Body }) =>
    Codec.json(Chat.ChatRequest).decode(Body).pipe(
      Effect.flatMap(lastMessage),
      Effect.map((question) => ({
        ContentType: "text/event-stream",
        Body: Stream.fromIterable(new TextEncoder().encode(chunks(question, answer(question)).join(""))).pipe(
          Stream.rechunk(50),
          Stream.chunks,
          Stream.map((bytes) => Uint8Array.from(Chunk.toReadonlyArray(bytes))),
          Stream.schedule(Schedule.spaced("10 millis"))
        )
      }))
    ))
}
