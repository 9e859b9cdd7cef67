import { Effect, Predicate, Schema, Stream } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"

type Members = Readonly<Record<string, unknown>>

const isText = (value: unknown): value is string => typeof value === "string"
const isContent = (value: unknown) => isText(value) || Array.isArray(value)
const isNamed = (call: Members, isId: (id: unknown) => boolean) =>
  isId(call["id"]) && call["type"] === "function" && isText((call["function"] as Members)["name"])

interface Container {
  /** Whether the container accepts a message of a request. */
  readonly accepts: (message: Members) => boolean
  /** The tool calls that the chat template sees. */
  readonly rendered: (message: Members) => ReadonlyArray<Members>
  readonly completion: (message: Members, finish: string) => Members
  readonly calls: Members
  readonly text: (text: string) => Members
  readonly chunks: (text: string | undefined) => ReadonlyArray<Members>
  readonly asLines?: boolean
}

const cities = ["Bern", "Oslo"] as const
const argumentsOf = (city: string) => JSON.stringify({ city })
const delta = (value: Members, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: value, finish_reason }]
})

const callsOf = (message: Members) => (message["tool_calls"] ?? []) as ReadonlyArray<Members>
const callFunction = (call: Members) => call["function"] as Members

const isJsonObject = (text: unknown) => {
  try {
    return isText(text) && Predicate.isRecord(JSON.parse(text))
  } catch {
    return false
  }
}

const openAiCompletion = (message: Members, finish_reason: string) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [{ index: 0, message, finish_reason, logprobs: null }]
})

const vllm: Container = {
  accepts: (message) =>
    (message["content"] === undefined || message["content"] === null || isContent(message["content"])) &&
    (message["tool_calls"] === undefined || Array.isArray(message["tool_calls"])) &&
    callsOf(message).every((call) => isNamed(call, isText) && isJsonObject(callFunction(call)["arguments"])),
  rendered: callsOf,
  completion: openAiCompletion,
  calls: {
    role: "assistant",
    content: null,
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    reasoning: "I need both temperatures.",
    tool_calls: cities.map((city) => ({
      id: `chatcmpl-tool-${city}`,
      type: "function",
      function: { name: "weather", arguments: argumentsOf(city) }
    }))
  },
  text: (content) => ({ role: "assistant", content, refusal: null, tool_calls: [], reasoning: null }),
  chunks: (text) =>
    text === undefined
      ? [
        delta({ role: "assistant", content: "" }),
        delta({ reasoning: "I need both temperatures." }),
        ...cities.flatMap((city, index) => [
          delta({
            tool_calls: [{ index, id: `chatcmpl-tool-${city}`, type: "function", function: { name: "weather" } }]
          }),
          delta({ tool_calls: [{ index, id: "", function: { name: "", arguments: argumentsOf(city).slice(0, 5) } }] }),
          delta({ tool_calls: [{ index, function: { arguments: argumentsOf(city).slice(5) } }] })
        ]),
        delta({ content: "" }, "tool_calls")
      ]
      : [delta({ role: "assistant", content: text }), delta({}, "stop")]
}

const sglang: Container = {
  ...vllm,
  accepts: (message) => "content" in message && vllm.accepts(message),
  calls: { ...vllm.calls, reasoning: undefined, reasoning_content: "I need both temperatures." },
  chunks: (text) =>
    text === undefined
      ? [
        delta({ role: "assistant", content: "", reasoning_content: null, tool_calls: null }),
        delta({ reasoning_content: "I need both temperatures." }),
        ...cities.flatMap((city) => [
          delta({
            tool_calls: [{
              index: 0,
              id: `call_${city}`,
              type: "function",
              function: { name: "weather", arguments: "" }
            }]
          }),
          delta({ tool_calls: [{ index: 0, id: null, function: { name: null, arguments: argumentsOf(city) } }] })
        ]),
        delta({ content: null, tool_calls: null }, "tool_calls")
      ]
      : vllm.chunks(text)
}

const lmi: Container = {
  ...vllm,
  accepts: (message) =>
    isContent(message["content"]) && Object.values(message).every(isContent) && vllm.accepts(message),
  calls: { ...vllm.calls, reasoning: undefined, reasoning_content: "I need both temperatures." },
  asLines: true
}

const tgiCompletion = (fingerprint: string) => (message: Members, finish_reason: string) => ({
  id: "",
  object: "chat.completion",
  created: 1,
  model: "llama",
  system_fingerprint: fingerprint,
  choices: [{
    index: 0,
    message,
    logprobs: null,
    finish_reason: finish_reason === "tool_calls" ? "eos_token" : finish_reason
  }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
})

const singleCall = (call: Members) => delta({ role: "assistant", tool_calls: call })

const tgi3_0: Container = {
  accepts: (message) => isContent(message["content"]),
  rendered: () => [],
  completion: tgiCompletion("3.0.1-sha-bb9095a"),
  calls: {
    role: "assistant",
    content: null,
    name: null,
    tool_calls: [{
      id: "0",
      type: "function",
      function: { name: "weather", description: null, arguments: { city: "Bern" } }
    }]
  },
  text: (content) => ({ role: "assistant", content, name: null, tool_calls: null }),
  chunks: (text) =>
    text === undefined
      ? [
        ...["{\"function\": {\"_name\": \"weather\", ", "\"city\": \"Bern\"}}"].map((part) =>
          singleCall({ index: 0, id: "", type: "function", function: { name: null, arguments: part } })
        ),
        delta({
          role: "assistant",
          tool_calls: { index: 0, id: "", type: "function", function: { name: null, arguments: "<|eot_id|>" } }
        }, "eos_token")
      ]
      : [
        delta({ role: "assistant", content: text, tool_calls: null }),
        delta({ role: "assistant", content: "" }, "eos_token")
      ]
}

const tgi2_0: Container = {
  ...tgi3_0,
  completion: (message, finish) => ({ ...tgiCompletion("2.0.4-native")(message, finish), object: "text_completion" }),
  calls: {
    role: "assistant",
    content: null,
    name: null,
    tool_calls: [{
      id: 0,
      type: "function",
      function: { name: "weather", description: null, arguments: { city: "Bern" } }
    }]
  }
}

/** A message has either content or tool calls. */
const tgiMessage = {
  accepts: (message: Members) =>
    isContent(message["content"]) || callsOf(message).some((call) => isNamed(call, isText)),
  rendered: (message: Members) => (isContent(message["content"]) ? [] : callsOf(message))
}

const tgi3_1: Container = { ...tgi3_0, ...tgiMessage, completion: tgiCompletion("3.1.1-sha-70217ac") }

const tgi3_3: Container = {
  ...tgiMessage,
  completion: tgiCompletion("3.3.6-sha-5739b5b"),
  calls: {
    role: "assistant",
    content: null,
    tool_calls: cities.map((city, index) => ({
      id: `${index}`,
      type: "function",
      function: { name: "weather", description: null, arguments: argumentsOf(city) }
    }))
  },
  text: (content) => ({ role: "assistant", content, tool_calls: null }),
  chunks: (text) =>
    text === undefined
      ? [
        ...cities.flatMap((city, index) =>
          ["weather", null].map((name) =>
            delta({
              role: "assistant",
              content: null,
              tool_calls: [{
                index,
                id: `${index}`,
                type: "function",
                function: {
                  name,
                  arguments: name === null ? argumentsOf(city).slice(4) : argumentsOf(city).slice(0, 4)
                }
              }]
            })
          )
        ),
        delta({ role: "assistant", content: "" }, "tool_calls")
      ]
      : [delta({ role: "assistant", content: text, tool_calls: null }, "stop")]
}

export const containers = {
  "vLLM": vllm,
  "SGLang": sglang,
  "LMI": lmi,
  "TGI 2.0": tgi2_0,
  "TGI 3.0": tgi3_0,
  "TGI 3.1": tgi3_1,
  "TGI 3.3": tgi3_3
}

const Request = Schema.parseJson(Schema.Struct({
  messages: Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  stream: Schema.optional(Schema.Boolean)
}))

const answerOf = (messages: ReadonlyArray<Members>): string | undefined => {
  const results = messages.filter(({ role }) => role === "tool").map(({ content }) => content)
  return results.length === 0 ? undefined : results.join(" and ")
}

/** An endpoint whose model calls the tool once, and then repeats the results. `seen` receives the rendered calls. */
export const toolCallingEndpoint = (container: Container, seen: (calls: ReadonlyArray<Members>) => void) =>
  Emulator.endpoint("weather", ({ Body }) =>
    Effect.gen(function*() {
      const { messages, stream = false } = yield* Schema.decode(Request)(new TextDecoder().decode(Body))
      if (!messages.every(container.accepts)) {
        return yield* new SageMakerError.ModelError({ OriginalStatusCode: 422, message: "invalid message" })
      }
      messages.forEach((message) => seen(container.rendered(message)))
      const answer = answerOf(messages)
      if (stream) {
        const chunks = container.chunks(answer).map((chunk) => JSON.stringify(chunk))
        return container.asLines === true
          ? { ContentType: "application/jsonlines", Body: Stream.fromIterable(chunks.map((chunk) => `${chunk}\n`)) }
          : {
            ContentType: "text/event-stream",
            Body: Stream.fromIterable([...chunks, "[DONE]"].map((chunk) => `data: ${chunk}\n\n`))
          }
      }
      const completion = answer === undefined
        ? container.completion(container.calls, "tool_calls")
        : container.completion(container.text(answer), "stop")
      return { ContentType: "application/json", Body: JSON.stringify(completion) }
    }))
