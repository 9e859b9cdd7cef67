import { Effect, Schema } from "effect"
import { Chat, ModelEndpoint, Tokens } from "effect-sagemaker-runtime"

const City = Schema.Struct({ city: Schema.String })

const weather = Chat.tool({
  name: "weather",
  description: "The current temperature in a city",
  parameters: City
})

const temperatures = new Map([["Bern", 12], ["Lisbon", 21]])

const callTool = (call: Chat.ChatToolCall) =>
  Chat.decodeArguments(call, City).pipe(
    Effect.map(({ city }) => ({ city, celsius: temperatures.get(city) ?? "unknown" })),
    Effect.catchTag("CodecError", ({ message }) => Effect.succeed({ error: message })),
    Effect.map((result) => Chat.toolResult(call, result))
  )

const converse = <E, R>(
  question: string,
  respond: (request: Chat.ChatRequest) => Effect.Effect<Chat.ChatAssistantMessage, E, R>
) =>
  Effect.gen(function*() {
    const messages: Array<Chat.ChatMessage> = [Chat.user(question)]
    for (let turn = 0; turn < 5; turn++) {
      const message = yield* respond({ messages, tools: [weather] })
      const results = yield* Effect.forEach(message.tool_calls ?? [], callTool)
      messages.push(message, ...results)
      if (results.length === 0) {
        break
      }
    }
    return messages
  })

const llama = ModelEndpoint.chat("llama")

export const ask = (question: string) =>
  converse(question, (request) => Effect.map(llama.invoke(request), Chat.toMessage))

export const askStreaming = (question: string) =>
  converse(question, (request) => llama.stream(request).pipe(Tokens.collect, Effect.map(Chat.toMessage)))
