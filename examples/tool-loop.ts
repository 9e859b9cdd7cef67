import { Effect, Schema } from "effect"
import { Chat, ModelEndpoint, Tokens } from "effect-sagemaker-runtime"

const City = Schema.Struct({ city: Schema.String })

const weather = Chat.tool({ name: "weather", description: "The temperature in a city", parameters: City })

const temperatures: Record<string, number> = { Bern: 21, Oslo: 14 }

const runTool = (call: Chat.ChatToolCall) =>
  Chat.decodeArguments(call, City).pipe(
    Effect.map(({ city }) => ({ celsius: temperatures[city] ?? null })),
    Effect.catchTag("CodecError", ({ message }) => Effect.succeed({ error: message })),
    Effect.map((result) => Chat.toolResult(call, result))
  )

type Ask<E, R> = (messages: ReadonlyArray<Chat.ChatMessage>) => Effect.Effect<Chat.ChatAssistantMessage, E, R>

const loop = <E, R>(
  ask: Ask<E, R>,
  messages: ReadonlyArray<Chat.ChatMessage>
): Effect.Effect<Chat.ChatAssistantMessage, E, R> =>
  Effect.gen(function*() {
    const message = yield* ask(messages)
    const results = yield* Effect.forEach(message.tool_calls ?? [], runTool)
    return results.length === 0 ? message : yield* loop(ask, [...messages, message, ...results])
  })

export const answer = (endpoint: string, question: string) => {
  const model = ModelEndpoint.chat(endpoint)
  return loop(
    (messages) => Effect.map(model.invoke({ messages, tools: [weather] }), Chat.toMessage),
    [Chat.user(question)]
  )
}

export const streamAnswer = (endpoint: string, question: string) => {
  const model = ModelEndpoint.chat(endpoint)
  return loop(
    (messages) => Effect.map(Tokens.collect(model.stream({ messages, tools: [weather] })), Chat.toMessage),
    [Chat.user(question)]
  )
}
