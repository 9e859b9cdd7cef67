import { Effect, Either, Predicate, Schema } from "effect"
import { Chat } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import {
  chatChunks,
  chatCompletion,
  done,
  generate,
  json,
  lastText,
  readJson,
  rejected,
  serverSentEvents,
  tokensOf
} from "../openAi.ts"

const reject = (type: string, message: string) =>
  rejected(400, { object: "error", message, type, param: null, code: 400 })

const invalid = (body: unknown) =>
  reject(
    "Bad Request",
    Predicate.hasProperty(body, "messages")
      ? "[{'type': 'value_error', 'loc': ('body', 'messages'), 'msg': 'Input should be a valid list of messages'}]"
      : "[{'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required'}]"
  )

const notJson = reject("Bad Request", "[{'type': 'json_invalid', 'loc': ('body', 0), 'msg': 'JSON decode error'}]")

type Options = {
  readonly model: string
  readonly contextLength: number
  readonly reply: (prompt: string, format: unknown) => string
}

const chat = ({ contextLength, model, reply }: Options, request: Chat.ChatRequest) => {
  const prompt = lastText(request.messages)
  const inputTokens = tokensOf(prompt).length
  if (inputTokens > contextLength) {
    return reject(
      "BadRequestError",
      `The input (${inputTokens} tokens) is longer than the model's context length (${contextLength} tokens).`
    )
  }
  const generated = generate(reply(prompt, request.response_format), request.max_tokens ?? contextLength)
  return Effect.succeed(
    request["stream"] === true
      ? serverSentEvents(chatChunks(model, prompt, generated), done)
      : json(chatCompletion(model, prompt, generated, { reasoning_content: null, tool_calls: null }))
  )
}

export const sglangContainer = (name: string, options: Options) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const body = yield* Effect.catchAll(readJson(Body), () => notJson)
      const request = Schema.decodeUnknownEither(Chat.ChatRequest)(body)
      return yield* Either.isRight(request) ? chat(options, request.right) : invalid(body)
    }))
