import { ModelEndpoint } from "effect-sagemaker-runtime"
import type { Client } from "effect-sagemaker-runtime/promise"
import { client } from "./score.ts"

const llama = ModelEndpoint.chat("llama-3-8b")

export async function* chat(question: string, options?: Client.RunOptions) {
  const stream = llama.stream({ messages: [{ role: "user", content: question }] })
  for await (const { text } of client.iterate(stream, options)) {
    yield text
  }
}
