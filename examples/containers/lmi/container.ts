import { Effect, Either, Predicate, Schema } from "effect"
import { Chat, Container } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import {
  chatChunks,
  chatCompletion,
  completionChunks,
  generate,
  type Generated,
  json,
  jsonLines,
  lastText,
  readJson,
  rejected,
  textCompletion,
  tokensOf
} from "../openAi.ts"

const failed = (code: number, error: string) => rejected(code, { error, code })

const unreadable = (problem: string) => failed(424, `Input parsing failed: ${problem}`)

const tokenOf = (text: string) => ({ id: text.length, text, logprob: -text.length / 16 })

const detailsOf = ({ finish_reason, tokens }: Generated) => ({
  finish_reason,
  seed: null,
  generated_tokens: tokens.length
})

const streamLines = (input: string, generated: Generated, hasDetails: boolean) =>
  generated.tokens.map((text, position) => {
    const isLast = position === generated.tokens.length - 1
    return {
      index: 0,
      token: tokenOf(text),
      generated_text: isLast ? generated.text : null,
      details: isLast && hasDetails ? { ...detailsOf(generated), input_length: tokensOf(input).length } : null
    }
  })

type Options = {
  readonly model: string
  readonly contextLength: number
  readonly reply: (prompt: string) => string
}

const checkLength = (limit: number, prompt: string, maxTokens: number) => {
  const inputTokens = tokensOf(prompt).length
  return maxTokens <= limit - inputTokens
    ? Effect.void
    : failed(
      400,
      `'max_tokens' or 'max_completion_tokens' is too large: ${maxTokens}. This model's maximum context length is ` +
        `${limit} tokens and your request has ${inputTokens} input tokens (${maxTokens} > ${limit} - ${inputTokens}).`
    )
}

const generateTexts = ({ contextLength, reply }: Options, request: Container.LmiGenerateRequest) =>
  Effect.gen(function*() {
    const input = [request.inputs].flat().join("")
    const limit = request.parameters?.max_new_tokens ?? 30
    yield* checkLength(contextLength, input, limit)
    const generated = generate(reply(input), limit)
    const hasDetails = request.parameters?.details === true
    return request["stream"] === true
      ? jsonLines(streamLines(input, generated, hasDetails))
      : json({
        generated_text: generated.text,
        ...(hasDetails
          ? { details: { ...detailsOf(generated), prefill: [], tokens: generated.tokens.map(tokenOf) } }
          : {})
      })
  })

const chat = ({ contextLength, model, reply }: Options, request: Chat.ChatRequest) =>
  Effect.gen(function*() {
    const prompt = lastText(request.messages)
    yield* checkLength(contextLength, prompt, request.max_tokens ?? 0)
    const generated = generate(reply(prompt), request.max_tokens ?? contextLength)
    return request["stream"] === true
      ? jsonLines(chatChunks(model, prompt, generated))
      : json(chatCompletion(model, prompt, generated))
  })

const complete = ({ contextLength, model, reply }: Options, request: Container.CompletionsRequest) =>
  Effect.gen(function*() {
    const prompt = [request.prompt].flat().join("")
    yield* checkLength(contextLength, prompt, request.max_tokens ?? 16)
    const generated = generate(reply(prompt), request.max_tokens ?? 16)
    return request["stream"] === true
      ? jsonLines(completionChunks(model, prompt, generated))
      : json(textCompletion(model, prompt, generated))
  })

const decodeWith = <A, I, B, E>(
  schema: Schema.Schema<A, I>,
  body: unknown,
  handle: (request: A) => Effect.Effect<B, E>
) =>
  Either.match(Schema.decodeUnknownEither(schema)(body), {
    onLeft: () => unreadable("1 validation error"),
    onRight: handle
  })

export const lmiContainer = (name: string, options: Options) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const body = yield* Effect.catchAll(readJson(Body), unreadable)
      if (Predicate.hasProperty(body, "prompt")) {
        return yield* decodeWith(Container.CompletionsRequest, body, (request) => complete(options, request))
      }
      if (Predicate.hasProperty(body, "inputs")) {
        return yield* decodeWith(Container.LmiGenerateRequest, body, (request) => generateTexts(options, request))
      }
      return yield* Predicate.hasProperty(body, "messages")
        ? decodeWith(Chat.ChatRequest, body, (request) => chat(options, request))
        : unreadable("invalid payload. must contain prompt, inputs, or messages")
    }))
