import { Effect, Either, Schema } from "effect"
import { Chat, Container } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import {
  chatChunks,
  chatCompletion,
  completionChunks,
  done,
  generate,
  type Generated,
  json,
  lastText,
  readJson,
  rejected,
  serverSentEvents,
  textCompletion,
  tokensOf
} from "../openAi.ts"

const notJson = (body: Uint8Array) =>
  Effect.fail(Emulator.containerError({
    status: 400,
    body: `Failed to parse the request body as JSON: expected value at line 1 column ${body.length}`,
    contentType: "text/plain; charset=utf-8"
  }))

const unsuitable = (body: Uint8Array) =>
  Effect.fail(Emulator.containerError({
    status: 422,
    body: "Failed to deserialize the JSON body into the target type: data did not match any variant of untagged enum " +
      `SagemakerRequest at line 1 column ${body.length}`,
    contentType: "text/plain; charset=utf-8"
  }))

type Problem = { readonly error: string; readonly error_type: "validation" }

const problem = (text: string): Problem => ({ error: `Input validation error: ${text}`, error_type: "validation" })

const validate = (limit: number, input: string, maxNewTokens: number | undefined): Problem | undefined => {
  const inputLength = tokensOf(input).length
  if (inputLength === 0) {
    return problem("`inputs` cannot be empty")
  }
  if (maxNewTokens !== undefined && maxNewTokens <= 0) {
    return problem("`max_new_tokens` must be strictly positive")
  }
  return maxNewTokens !== undefined && inputLength + maxNewTokens > limit
    ? problem(
      `\`inputs\` tokens + \`max_new_tokens\` must be <= ${limit}. Given: ${inputLength} \`inputs\` tokens and ` +
        `${maxNewTokens} \`max_new_tokens\``
    )
    : undefined
}

const idOf = (text: string) => new TextEncoder().encode(text).reduce((id, byte) => (id * 31 + byte) % 50_000, 7)

const tokenOf = (text: string) => ({ id: idOf(text), text, logprob: -text.length / 16, special: false })

const detailsOf = ({ finish_reason, tokens }: Generated) => ({
  finish_reason: finish_reason === "stop" ? "eos_token" : finish_reason,
  generated_tokens: tokens.length,
  seed: null
})

const streamEvents = (input: string, generated: Generated) =>
  generated.tokens.map((text, position) => {
    const isLast = position === generated.tokens.length - 1
    return {
      index: position + 1,
      token: tokenOf(text),
      generated_text: isLast ? generated.text : null,
      details: isLast ? { ...detailsOf(generated), input_length: tokensOf(input).length } : null
    }
  })

const generation = ({ inputs, parameters }: Container.TgiGenerateRequest, generated: Generated) => ({
  generated_text: parameters?.return_full_text === true ? inputs + generated.text : generated.text,
  ...(parameters?.details === true || parameters?.decoder_input_details === true
    ? {
      details: {
        ...detailsOf(generated),
        prefill: parameters.decoder_input_details === true
          ? tokensOf(inputs).map((text, position) => ({
            id: idOf(text),
            text,
            logprob: position === 0 ? null : -text.length / 8
          }))
          : [],
        tokens: generated.tokens.map(tokenOf)
      }
    }
    : {})
})

type Options = {
  readonly model: string
  readonly maxTotalTokens: number
  readonly reply: (prompt: string) => string
}

const generateTexts = ({ maxTotalTokens, reply }: Options, request: Container.TgiGenerateRequest) => {
  const limit = request.parameters?.max_new_tokens ?? 100
  const invalid = validate(maxTotalTokens, request.inputs, request.parameters?.max_new_tokens ?? undefined)
  const generated = generate(reply(request.inputs), limit)
  if (request["stream"] === true) {
    return Effect.succeed(serverSentEvents(invalid === undefined ? streamEvents(request.inputs, generated) : [invalid]))
  }
  return invalid === undefined ? Effect.succeed(json([generation(request, generated)])) : rejected(422, invalid)
}

const chat = ({ maxTotalTokens, model, reply }: Options, request: Chat.ChatRequest) => {
  const prompt = lastText(request.messages)
  const invalid = validate(maxTotalTokens, prompt, request.max_tokens)
  const generated = generate(reply(prompt), request.max_tokens ?? 100)
  if (invalid !== undefined) {
    return request["stream"] === true ? Effect.succeed(serverSentEvents([invalid])) : rejected(422, invalid)
  }
  return Effect.succeed(
    request["stream"] === true
      ? serverSentEvents(chatChunks(model, prompt, generated), done)
      : json(chatCompletion(model, prompt, generated))
  )
}

const complete = ({ maxTotalTokens, model, reply }: Options, request: Container.CompletionsRequest) => {
  const prompt = [request.prompt].flat().join("")
  const invalid = validate(maxTotalTokens, prompt, request.max_tokens ?? undefined)
  const generated = generate(reply(prompt), request.max_tokens ?? 100)
  if (invalid !== undefined) {
    return request["stream"] === true ? Effect.succeed(serverSentEvents([invalid])) : rejected(422, invalid)
  }
  return Effect.succeed(
    request["stream"] === true
      ? serverSentEvents(completionChunks(model, prompt, generated), done)
      : json(textCompletion(model, prompt, generated))
  )
}

export const tgiContainer = (name: string, options: Options) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const body = yield* Effect.catchAll(readJson(Body), () => notJson(Body))
      const generateRequest = Schema.decodeUnknownEither(Container.TgiGenerateRequest)(body)
      if (Either.isRight(generateRequest)) {
        return yield* generateTexts(options, generateRequest.right)
      }
      const chatRequest = Schema.decodeUnknownEither(Chat.ChatRequest)(body)
      if (Either.isRight(chatRequest)) {
        return yield* chat(options, chatRequest.right)
      }
      const completionsRequest = Schema.decodeUnknownEither(Container.CompletionsRequest)(body)
      return yield* Either.isRight(completionsRequest) ? complete(options, completionsRequest.right) : unsuitable(Body)
    }))
