import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Chat, Codec, SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { emulated } from "./emulated.ts"
import { answer, streamAnswer } from "./tool-loop.ts"

interface Server {
  readonly name: string
  readonly message: object
  readonly deltas: ReadonlyArray<object>
}

const bern = "{\"city\":\"Bern\"}"
const oslo = "{\"city\":\"Oslo\"}"

const call = (id: string, text: string) => ({ id, type: "function", function: { name: "weather", arguments: text } })

const servers: ReadonlyArray<Server> = [
  {
    name: "vLLM",
    message: {
      role: "assistant",
      content: null,
      reasoning: "Two cities",
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      tool_calls: [call("chatcmpl-tool-1", bern), call("chatcmpl-tool-2", oslo)]
    },
    deltas: [
      { role: "assistant", content: "" },
      { reasoning: "Two cities" },
      { tool_calls: [{ index: 0, ...call("chatcmpl-tool-1", "") }] },
      { tool_calls: [{ index: 0, id: "", function: { name: "", arguments: bern } }] },
      { tool_calls: [{ index: 1, ...call("chatcmpl-tool-2", oslo) }] }
    ]
  },
  {
    name: "SGLang",
    message: {
      role: "assistant",
      content: null,
      reasoning_content: null,
      tool_calls: [{ ...call("call_1", bern), index: 0 }, { ...call("call_2", oslo), index: 0 }]
    },
    deltas: [
      { role: "assistant", content: "", reasoning_content: null, tool_calls: null },
      { tool_calls: [{ index: 0, ...call("call_1", "") }] },
      { tool_calls: [{ index: 0, id: null, function: { name: null, arguments: bern } }] },
      { tool_calls: [{ index: 0, ...call("call_2", oslo) }] }
    ]
  },
  {
    name: "LMI",
    message: {
      role: "assistant",
      content: "",
      tool_calls: [call("chatcmpl-tool-1", bern), call("chatcmpl-tool-2", oslo)]
    },
    deltas: [
      { role: "assistant", content: "", tool_calls: [{ index: 0, ...call("chatcmpl-tool-1", bern) }] },
      { tool_calls: [{ index: 1, ...call("chatcmpl-tool-2", oslo) }] }
    ]
  },
  {
    name: "TGI 2.0",
    message: {
      role: "assistant",
      content: null,
      name: null,
      tool_calls: [
        { id: 0, type: "function", function: { name: "weather", description: null, arguments: { city: "Bern" } } },
        { id: 1, type: "function", function: { name: "weather", description: null, arguments: { city: "Oslo" } } }
      ]
    },
    deltas: [
      "{\"function\": {\"_name\": \"weather\",",
      " \"city\": \"Bern\"}}",
      "</s>"
    ].map((text) => ({
      role: "assistant",
      content: null,
      tool_calls: { index: 0, id: "", type: "function", function: { name: null, arguments: text } }
    }))
  },
  {
    name: "TGI 3.2",
    message: { role: "assistant", content: null, tool_calls: [call("0", bern), call("1", oslo)] },
    deltas: ["{\"city\":", " \"Bern\"}"].map((text, at) => ({
      role: "assistant",
      content: null,
      tool_calls: [{ ...call("0", text), index: 0, function: { name: at === 0 ? "weather" : null, arguments: text } }]
    }))
  }
]

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`

const responseOf = ({ deltas, message }: Server, isStream: boolean, results: ReadonlyArray<string>) => {
  if (results.length > 0) {
    const content = `Results: ${results.join(" ")}`
    return isStream
      ? event({ choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: "stop" }] })
      : JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }] })
  }
  return isStream
    ? deltas.map((delta, at) =>
      event({ choices: [{ index: 0, delta, finish_reason: at === deltas.length - 1 ? "tool_calls" : null }] })
    ).join("") + "data: [DONE]\n\n"
    : JSON.stringify({ choices: [{ index: 0, message, finish_reason: "tool_calls" }] })
}

const isToolCallList = Schema.is(Schema.Array(Chat.ChatToolCall))

const problemOf = (message: Chat.ChatMessage): string | undefined => {
  if (message.role === "tool") {
    return message.tool_call_id === "" ? "tool_call_id is empty" : undefined
  }
  const members: Record<string, unknown> = message
  const isInvalid = "tool_calls" in members &&
    !(isToolCallList(members["tool_calls"]) && members["tool_calls"].every(({ function: called }) => {
      const values: unknown = JSON.parse(called.arguments)
      return typeof values === "object" && values !== null
    }))
  return isInvalid ? "tool_calls are invalid" : undefined
}

const container = (server: Server) =>
  Emulator.endpoint("weather", ({ Body, operation }) =>
    Effect.gen(function*() {
      const { messages } = yield* Codec.json(Chat.ChatRequest).decode(Body)
      const problem = messages.map(problemOf).find((each) => each !== undefined)
      if (problem !== undefined) {
        return yield* new SageMakerError.ModelError({ OriginalStatusCode: 422, OriginalMessage: problem })
      }
      const isStream = operation === "InvokeEndpointWithResponseStream"
      const results = messages.filter(({ role }) => role === "tool").flatMap(({ content }) =>
        typeof content === "string" ? [content] : []
      )
      return {
        ContentType: isStream ? "text/event-stream" : "application/json",
        Body: responseOf(server, isStream, results)
      }
    }))

const both = "Results: {\"celsius\":21} {\"celsius\":14}"
const one = "Results: {\"celsius\":21}"

describe.each(servers)("A tool loop with $name", (server) => {
  it.effect("runs every tool call", () =>
    Effect.map(
      answer("weather", "How warm is it in Bern and Oslo?"),
      ({ content }) => assert.strictEqual(content, both)
    ).pipe(Effect.provide(emulated(container(server)))))

  it.effect("runs every tool call of a stream", () =>
    Effect.map(
      streamAnswer("weather", "How warm is it in Bern and Oslo?"),
      ({ content }) => assert.strictEqual(content, server.name.startsWith("TGI") ? one : both)
    ).pipe(
      Effect.provide(emulated(container(server)))
    ))
})
