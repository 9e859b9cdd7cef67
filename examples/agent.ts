import { Chat, Tool, Toolkit } from "@effect/ai"
import { Effect, Schema } from "effect"

const Weather = Tool.make("weather", {
  description: "The temperature in a city",
  parameters: { city: Schema.String.annotations({ description: "The name of the city" }) },
  success: Schema.Struct({ celsius: Schema.Number }),
  failure: Schema.String,
  failureMode: "return"
})

const Convert = Tool.make("to_fahrenheit", {
  description: "Converts degrees Celsius to degrees Fahrenheit",
  parameters: { celsius: Schema.Number },
  success: Schema.Number
})

const tools = Toolkit.make(Weather, Convert)

const temperatures: Record<string, number> = { Bern: 21, Oslo: 14 }

export const toolHandlers = tools.toLayer({
  weather: ({ city }) =>
    temperatures[city] === undefined
      ? Effect.fail(`no data for ${city}`)
      : Effect.succeed({ celsius: temperatures[city] }),
  to_fahrenheit: ({ celsius }) => Effect.succeed(celsius * 9 / 5 + 32)
})

const maxRounds = 8

export const startConversation = Effect.gen(function*() {
  const chat = yield* Chat.fromPrompt([{ role: "system", content: "Answer with the tools, in one sentence." }])
  return (question: string) =>
    Effect.gen(function*() {
      let response = yield* chat.generateText({ prompt: question, toolkit: tools, concurrency: "unbounded" })
      for (let round = 1; response.toolCalls.length > 0 && round < maxRounds; round++) {
        response = yield* chat.generateText({ prompt: [], toolkit: tools, concurrency: "unbounded" })
      }
      return response.text
    })
})
