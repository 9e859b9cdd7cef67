import { Effect, Predicate, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const created = 1_764_000_000

export const tokensOf = (text: string): ReadonlyArray<string> => text.match(/\s*\S+/g) ?? []

export const generate = (reply: string, limit: number) => {
  const all = tokensOf(reply)
  const tokens = all.slice(0, limit)
  return { tokens, text: tokens.join(""), finish_reason: tokens.length < all.length ? "length" : "stop" }
}

export type Generated = ReturnType<typeof generate>

export const usageOf = (prompt: string, { tokens }: Generated) => {
  const prompt_tokens = tokensOf(prompt).length
  return { prompt_tokens, completion_tokens: tokens.length, total_tokens: prompt_tokens + tokens.length }
}

export const lastText = (messages: unknown): string => {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined
  return Predicate.hasProperty(last, "content") && typeof last.content === "string" ? last.content : ""
}

export const readJson = (body: Uint8Array): Effect.Effect<unknown, string> =>
  Effect.try({
    try: (): unknown => JSON.parse(new TextDecoder().decode(body)),
    catch: () => "Expecting value: line 1 column 1 (char 0)"
  })

export const rejected = (status: number, body: object) =>
  Effect.fail(Emulator.containerError({ status, body: JSON.stringify(body), contentType: "application/json" }))

export const json = (body: object) => ({ ContentType: "application/json", Body: JSON.stringify(body) })

const inParts = (text: string) => {
  const bytes = new TextEncoder().encode(text)
  const offsets = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, index) => index * 100)
  return Stream.fromIterable(offsets.map((offset) => bytes.slice(offset, offset + 100)))
}

export const serverSentEvents = (events: ReadonlyArray<object>, end = "") => ({
  ContentType: "text/event-stream",
  Body: inParts(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + end)
})

export const jsonLines = (lines: ReadonlyArray<object>) => ({
  ContentType: "application/jsonlines",
  Body: inParts(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
})

export const done = "data: [DONE]\n\n"

export const chatCompletion = (model: string, prompt: string, generated: Generated, message: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created,
  model,
  choices: [{
    index: 0,
    message: { role: "assistant", content: generated.text, ...message },
    logprobs: null,
    finish_reason: generated.finish_reason
  }],
  usage: usageOf(prompt, generated)
})

const chunk = (model: string, choices: ReadonlyArray<object>, members: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created,
  model,
  choices,
  ...members
})

export const chatChunks = (model: string, prompt: string, generated: Generated) => [
  chunk(model, [{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }]),
  ...generated.tokens.map((content) =>
    chunk(model, [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }])
  ),
  chunk(model, [{ index: 0, delta: { content: "" }, logprobs: null, finish_reason: generated.finish_reason }]),
  chunk(model, [], { usage: usageOf(prompt, generated) })
]

const completion = (model: string, choices: ReadonlyArray<object>, usage: object | null) => ({
  id: "cmpl-1",
  object: "text_completion",
  created,
  model,
  choices,
  usage
})

export const textCompletion = (model: string, prompt: string, generated: Generated) =>
  completion(
    model,
    [{ index: 0, text: generated.text, logprobs: null, finish_reason: generated.finish_reason, stop_reason: null }],
    usageOf(prompt, generated)
  )

export const completionChunks = (model: string, prompt: string, generated: Generated) => [
  ...generated.tokens.map((text, position) =>
    completion(model, [{
      index: 0,
      text,
      logprobs: null,
      finish_reason: position === generated.tokens.length - 1 ? generated.finish_reason : null,
      stop_reason: null
    }], null)
  ),
  completion(model, [], usageOf(prompt, generated))
]
