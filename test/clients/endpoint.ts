/** An emulated endpoint whose container responds as vLLM does. */
import { Effect, Stream } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

interface ChatRequest {
  readonly model: string
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: unknown; readonly tool_call_id?: string }>
  readonly stream?: boolean
  readonly tools?: ReadonlyArray<unknown>
}

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

const textOf = (content: unknown): string => typeof content === "string" ? content : JSON.stringify(content)

/** The first request with tools is answered with a call, and its result with a text. */
const messageFor = ({ messages, tools }: ChatRequest) => {
  const last = messages.at(-1)
  if (last?.role === "tool") {
    return { role: "assistant", content: `The tool says: ${textOf(last.content)} (${last.tool_call_id})` }
  }
  return tools === undefined
    ? { role: "assistant", content: `You said: ${textOf(last?.content)}` }
    : {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call-1", type: "function", function: { name: "weather", arguments: "{\"city\": \"Oslo\"}" } }]
    }
}

const completion = (request: ChatRequest) => {
  const message = messageFor(request)
  const finish_reason = "tool_calls" in message ? "tool_calls" : "stop"
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "llama",
    choices: [{ index: 0, message, finish_reason }],
    usage
  }
}

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${
    JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "llama",
      choices: [{ index: 0, delta, finish_reason }]
    })
  }\n\n`

const chunks = (request: ChatRequest): ReadonlyArray<string> => {
  const { content, role, tool_calls = [] } = messageFor(request) as {
    content: string | null
    role: string
    tool_calls?: ReadonlyArray<{ function: { arguments: string } }>
  }
  const calls = tool_calls.flatMap((call, index) => [
    chunk({ tool_calls: [{ ...call, index, function: { ...call.function, arguments: "" } }] }),
    ...(call.function.arguments.match(/.{1,5}/g) ?? []).map((part) =>
      chunk({ tool_calls: [{ index, function: { arguments: part } }] })
    )
  ])
  return [
    chunk({ role, content: "" }),
    ...(content?.match(/.{1,6}/g) ?? []).map((part) => chunk({ content: part })),
    ...calls,
    chunk({}, calls.length > 0 ? "tool_calls" : "stop"),
    "data: [DONE]\n\n"
  ]
}

/** `fail` is rejected by the container, `wait` streams one chunk and then waits for ever. */
export const endpoint = (onLeft: () => void) =>
  Emulator.endpoint("llama-3-8b", ({ Body }) =>
    Effect.gen(function*() {
      const request = JSON.parse(new TextDecoder().decode(Body)) as ChatRequest
      const text = textOf(request.messages.at(-1)?.content)
      if (request.model !== "") {
        return yield* Effect.fail(
          Emulator.containerError({ status: 404, body: `The model ${request.model} does not exist` })
        )
      }
      if (text.includes("fail")) {
        return yield* Effect.fail(
          Emulator.containerError({
            status: 400,
            body: "{\"error\":{\"message\":\"max_tokens is too large\",\"code\":400}}"
          })
        )
      }
      if (text.includes("wait")) {
        return Stream.make(chunk({ role: "assistant", content: "Wait" })).pipe(
          Stream.concat(Stream.never),
          Stream.ensuring(Effect.sync(onLeft))
        )
      }
      return request.stream === true ? Stream.fromIterable(chunks(request)) : JSON.stringify(completion(request))
    }))
