import { Effect, Either, Schema } from "effect"
import { Chat, Container } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import {
  chatChunks,
  chatCompletion,
  completionChunks,
  done,
  generate,
  json,
  lastText,
  readJson,
  rejected,
  serverSentEvents,
  textCompletion,
  tokensOf,
  usageOf
} from "../openAi.ts"

const reject = (status: number, type: string, message: string, param: string | null = null) =>
  rejected(status, { error: { message, type, param, code: status } })

const unsuitable = (handlers: ReadonlyArray<string>) =>
  reject(
    400,
    "BadRequestError",
    `Cannot find suitable handler for request. Expected one of: [${handlers.map((name) => `'${name}'`).join(", ")}]`
  )

const checkModel = (served: string, requested: string | null | undefined) =>
  requested === undefined || requested === null || requested === "" || requested === served
    ? Effect.void
    : reject(404, "NotFoundError", `The model \`${requested}\` does not exist.`, "model")

const checkLength = (limit: number, prompt: string, maxTokens: number) => {
  const inputTokens = tokensOf(prompt).length
  return maxTokens <= limit - inputTokens
    ? Effect.void
    : reject(
      400,
      "BadRequestError",
      `'max_tokens' or 'max_completion_tokens' is too large: ${maxTokens}. This model's maximum context length is ` +
        `${limit} tokens and your request has ${inputTokens} input tokens (${maxTokens} > ${limit} - ${inputTokens}).`,
      "max_tokens"
    )
}

const parse = (body: Uint8Array) =>
  Effect.catchAll(readJson(body), (problem) => reject(400, "Bad Request", `JSON decode error: ${problem}`))

type Options = {
  readonly model: string
  readonly contextLength: number
  readonly reply: (prompt: string) => string
}

const chat = ({ contextLength, model, reply }: Options, request: Chat.ChatRequest) =>
  Effect.gen(function*() {
    const { max_tokens, messages } = request
    const prompt = lastText(messages)
    yield* checkModel(model, request.model)
    yield* checkLength(contextLength, prompt, max_tokens ?? 0)
    const generated = generate(reply(prompt), max_tokens ?? contextLength)
    return request["stream"] === true
      ? serverSentEvents(chatChunks(model, prompt, generated), done)
      : json(chatCompletion(model, prompt, generated, { reasoning: null, tool_calls: [] }))
  })

const complete = ({ contextLength, model, reply }: Options, request: Container.CompletionsRequest) =>
  Effect.gen(function*() {
    const limit = request.max_tokens ?? 16
    const prompt = [request.prompt].flat().join("")
    yield* checkModel(model, request.model)
    yield* checkLength(contextLength, prompt, limit)
    const generated = generate(reply(prompt), limit)
    return request["stream"] === true
      ? serverSentEvents(completionChunks(model, prompt, generated), done)
      : json(textCompletion(model, prompt, generated))
  })

export const generativeContainer = (name: string, options: Options) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const body = yield* parse(Body)
      const chatRequest = Schema.decodeUnknownEither(Chat.ChatRequest)(body)
      if (Either.isRight(chatRequest)) {
        return yield* chat(options, chatRequest.right)
      }
      const completionsRequest = Schema.decodeUnknownEither(Container.CompletionsRequest)(body)
      return yield* Either.isRight(completionsRequest)
        ? complete(options, completionsRequest.right)
        : unsuitable(["ChatCompletionRequest", "CompletionRequest"])
    }))

const words = (text: string) => new Set(text.toLowerCase().match(/\w+/g))

const similarity = (query: string, document: string) => {
  const asked = words(query)
  const common = [...words(document)].filter((word) => asked.has(word)).length
  return Math.round((common / Math.max(asked.size, 1)) * 100) / 100
}

const textOf = (input: unknown): string => typeof input === "string" ? input : JSON.stringify(input)

const textsOf = (inputs: unknown): ReadonlyArray<string> =>
  Array.isArray(inputs) ? inputs.map(textOf) : [textOf(inputs)]

const rerank = (model: string, { documents, query, top_n }: Container.VllmRerankRequest) => {
  const texts = textsOf(documents)
  const results = texts.map((text, index) => ({
    index,
    document: { text, multi_modal: null },
    relevance_score: similarity(textOf(query), text)
  })).toSorted((left, right) => right.relevance_score - left.relevance_score)
  return {
    id: "rerank-1",
    model,
    usage: usageOf([textOf(query), ...texts].join(" "), generate("", 0)),
    results: results.slice(0, top_n === 0 ? undefined : top_n ?? undefined)
  }
}

const pairsOf = (request: Container.VllmScoreRequest): readonly [ReadonlyArray<string>, ReadonlyArray<string>] => {
  if ("text_1" in request) {
    return [textsOf(request.text_1), textsOf(request["text_2"])]
  }
  return "queries" in request
    ? [textsOf(request.queries), textsOf(request["documents"])]
    : [textsOf(request["data_1"]), textsOf(request["data_2"])]
}

const score = (model: string, lefts: ReadonlyArray<string>, rights: ReadonlyArray<string>) => ({
  id: "score-1",
  object: "list",
  created: 1_764_000_000,
  model,
  data: rights.map((right, index) => ({
    index,
    object: "score",
    score: similarity(lefts[lefts.length === 1 ? 0 : index] ?? "", right)
  })),
  usage: usageOf([...lefts, ...rights].join(" "), generate("", 0))
})

export const rerankerContainer = (name: string, model: string) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const body = yield* parse(Body)
      const scoring = Schema.decodeUnknownEither(Container.VllmScoreRequest)(body)
      if (Either.isRight(scoring)) {
        yield* checkModel(model, scoring.right.model)
        const [lefts, rights] = pairsOf(scoring.right)
        return lefts.length === 1 || lefts.length === rights.length
          ? json(score(model, lefts, rights))
          : yield* reject(400, "BadRequestError", "Input lengths must be either 1:1, 1:N or N:N")
      }
      const reranking = Schema.decodeUnknownEither(Container.VllmRerankRequest)(body)
      if (Either.isRight(reranking)) {
        yield* checkModel(model, reranking.right.model)
        return json(rerank(model, reranking.right))
      }
      return yield* unsuitable(["ScoreRequest", "RerankRequest"])
    }))
