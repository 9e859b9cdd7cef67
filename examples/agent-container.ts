import { Effect, Schema } from "effect"
import { Chat } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import {
  chatChunks,
  chatCompletion,
  done,
  generate,
  json,
  readJson,
  rejected,
  serverSentEvents
} from "./containers/openAi.ts"

type Call = { readonly name: string; readonly arguments: object }

type Reply = string | ReadonlyArray<Call>

type Options = {
  readonly model: string
  readonly reply: (messages: ReadonlyArray<Chat.ChatMessage>, request: Chat.ChatRequest) => Reply
}

const reject = (message: string) =>
  rejected(400, { error: { message, type: "BadRequestError", param: null, code: 400 } })

const toolCalls = (calls: ReadonlyArray<Call>) =>
  calls.map((call, index) => ({
    id: `chatcmpl-tool-${index}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) }
  }))

const callMessage = (calls: ReadonlyArray<Call>) => ({
  role: "assistant",
  content: null,
  refusal: null,
  reasoning: null,
  tool_calls: toolCalls(calls)
})

const callCompletion = (model: string, calls: ReadonlyArray<Call>) => ({
  ...chatCompletion(model, "", generate("", 0)),
  choices: [{ index: 0, message: callMessage(calls), logprobs: null, finish_reason: "tool_calls", stop_reason: null }]
})

const callChunks = (model: string, calls: ReadonlyArray<Call>) => {
  const [first, ...others] = chatChunks(model, "", generate("", 0))
  const deltas = toolCalls(calls).flatMap(({ function: called, ...call }, index) => [
    { tool_calls: [{ index, ...call, function: { name: called.name } }] },
    { tool_calls: [{ index, function: { arguments: called.arguments.slice(0, 5) } }] },
    { tool_calls: [{ index, function: { arguments: called.arguments.slice(5) } }] }
  ])
  const chunks = [...deltas, { content: "" }].map((delta, at) => ({
    ...first,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: at === deltas.length ? "tool_calls" : null }]
  }))
  return [first!, ...chunks, others.at(-1)!]
}

/** Like vLLM, checks that tool calls have arguments in JSON and that each result belongs to a call. */
const problemOf = (messages: ReadonlyArray<Chat.ChatMessage>): string | undefined => {
  const ids = new Set<string>()
  for (const message of messages) {
    if (message.role === "assistant") {
      for (const { function: called, id } of message.tool_calls ?? []) {
        ids.add(id)
        JSON.parse(called.arguments)
      }
    }
    if (message.role === "tool" && !ids.has(message.tool_call_id)) {
      return `no tool call with the ID ${message.tool_call_id}`
    }
  }
  return undefined
}

export const agentContainer = (name: string, { model, reply }: Options) =>
  Emulator.endpoint(name, ({ Body }) =>
    Effect.gen(function*() {
      const request = yield* Effect.flatMap(
        Effect.catchAll(readJson(Body), reject),
        Schema.decodeUnknown(Chat.ChatRequest)
      )
      const problem = problemOf(request.messages)
      if (problem !== undefined) {
        return yield* reject(problem)
      }
      const replied = reply(request.messages, request)
      if (request.stream !== true) {
        return json(
          typeof replied === "string"
            ? chatCompletion(model, "", generate(replied, Infinity), { reasoning: null, tool_calls: [] })
            : callCompletion(model, replied)
        )
      }
      return serverSentEvents(
        typeof replied === "string"
          ? chatChunks(model, "", generate(replied, Infinity))
          : callChunks(model, replied),
        done
      )
    }))
