import { Chunk, Effect, Schedule, Schema, Stream } from "effect"
import { Chat, Codec } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { answerFrom, faq } from "./chat-faq.ts"

const unknown = "I have no answer to that. I answer questions about this client, such as retries, timeouts and streams."

const tokensOf = (text: string): ReadonlyArray<string> => text.match(/\s*\S+/g) ?? []

const completionChunks = (question: string, answer: string) => {
  const [prompt, completion] = [tokensOf(question).length, tokensOf(answer)]
  return [
    ...completion.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    {
      choices: [],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: completion.length,
        total_tokens: prompt + completion.length
      }
    }
  ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).concat("data: [DONE]\n\n")
}

const inSmallParts = (text: string) =>
  Stream.fromIterable(new TextEncoder().encode(text)).pipe(
    Stream.rechunk(80),
    Stream.chunks,
    Stream.map((bytes) => Uint8Array.from(Chunk.toReadonlyArray(bytes))),
    Stream.schedule(Schedule.spaced("10 millis"))
  )

const lastMessage = ({ messages }: Chat.ChatRequest) => Schema.decodeUnknown(Schema.String)(messages.at(-1)?.content)

export const chatContainer = (answer: (question: string) => string | undefined) =>
  Emulator.endpoint("guide", ({ Body }) =>
    Codec.json(Chat.ChatRequest).decode(Body).pipe(
      Effect.flatMap(lastMessage),
      Effect.map((question) => ({
        ContentType: "text/event-stream",
        Body: inSmallParts(completionChunks(question, answer(question) ?? unknown).join(""))
      }))
    ))

export const guideContainer = chatContainer(answerFrom(faq))
