import { HumanMessage, ToolMessage } from "@langchain/core/messages"
import { tool } from "@langchain/core/tools"
import { ChatOpenAI } from "@langchain/openai"
import type { OpenAiRoute } from "effect-sagemaker-runtime"

export const connect = ({ baseURL, fetch }: OpenAiRoute.OpenAiRoute) =>
  new ChatOpenAI({ model: "", apiKey: "unused", configuration: { baseURL, fetch }, useResponsesApi: false })

export const ask = async (model: ChatOpenAI, question: string) => {
  const { text } = await model.invoke(question)
  return text
}

export const stream = async function*(
  model: ChatOpenAI,
  question: string,
  options: { readonly signal?: AbortSignal } = {}
) {
  for await (const { text } of await model.stream(question, options)) {
    yield text
  }
}

const weather = tool((input) => `Sunny in ${(input as { readonly city: string }).city}`, {
  name: "weather",
  description: "The weather in a city",
  schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
})

export const askWithTools = async (model: ChatOpenAI, question: string) => {
  const withTools = model.bindTools([weather])
  const messages = [new HumanMessage(question)]
  const request = await withTools.invoke(messages)
  const results = await Promise.all(
    (request.tool_calls ?? []).map(async ({ args, id = "" }) => new ToolMessage(await weather.invoke(args), id))
  )
  const { text } = await withTools.invoke([...messages, request, ...results])
  return text
}
