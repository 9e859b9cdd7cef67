import type { OpenAiRoute } from "effect-sagemaker-runtime"
import OpenAI from "openai"

export const connect = ({ baseURL, fetch }: OpenAiRoute.OpenAiRoute) => new OpenAI({ baseURL, fetch, apiKey: "unused" })

export const ask = async (client: OpenAI, question: string) => {
  const { choices } = await client.chat.completions.create({
    model: "",
    messages: [{ role: "user", content: question }]
  })
  return choices[0]?.message.content
}

export const stream = async function*(
  client: OpenAI,
  question: string,
  options: { readonly signal?: AbortSignal } = {}
) {
  const chunks = await client.chat.completions.create(
    { model: "", messages: [{ role: "user", content: question }], stream: true },
    options
  )
  for await (const chunk of chunks) {
    yield chunk.choices[0]?.delta.content ?? ""
  }
}

const weather = {
  type: "function" as const,
  name: "weather",
  description: "The weather in a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  parse: JSON.parse as (text: string) => { readonly city: string },
  function: ({ city }: { readonly city: string }) => `Sunny in ${city}`
}

export const askWithTools = (client: OpenAI, question: string) =>
  client.chat.completions
    .runTools({
      model: "",
      messages: [{ role: "user", content: question }],
      tools: [{ type: "function", function: weather }]
    })
    .finalContent()
