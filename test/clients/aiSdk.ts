import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { generateText, jsonSchema, type LanguageModel, stepCountIs, streamText, tool } from "ai"
import type { OpenAiRoute } from "effect-sagemaker-runtime"

export const connect = ({ baseURL, fetch }: OpenAiRoute.OpenAiRoute) =>
  createOpenAICompatible({ name: "sagemaker", baseURL, fetch, includeUsage: true })("")

export const ask = async (model: LanguageModel, question: string) => {
  const { text } = await generateText({ model, prompt: question })
  return text
}

export const stream = (model: LanguageModel, question: string, options: { readonly abortSignal?: AbortSignal } = {}) =>
  streamText({ model, prompt: question, ...options, onError: () => undefined })

const weather = tool({
  description: "The weather in a city",
  inputSchema: jsonSchema<{ readonly city: string }>({
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"]
  }),
  execute: ({ city }) => `Sunny in ${city}`
})

export const streamWithTools = (model: LanguageModel, question: string) =>
  streamText({ model, prompt: question, tools: { weather }, stopWhen: stepCountIs(3) })
