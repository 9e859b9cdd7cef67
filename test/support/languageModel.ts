/** A language model whose container returns scripted responses and records the requests. */
import { Effect, Layer } from "effect"
import { ModelEndpoint, type SageMakerError, SageMakerRuntime, Signer } from "effect-sagemaker-runtime"
import { SageMakerLanguageModel } from "effect-sagemaker-runtime/ai"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { toEvents } from "./tokenTranscripts.ts"

export type Members = Readonly<Record<string, unknown>>

/** A body, a completion, the events of a stream, or an error. */
export type Script = string | Members | ReadonlyArray<Members> | SageMakerError.SageMakerError

const isError = (script: Script): script is SageMakerError.SageMakerError =>
  typeof script === "object" && "_tag" in script

const isEvents = (script: Script): script is ReadonlyArray<Members> => Array.isArray(script)

const outputOf = (script: Exclude<Script, SageMakerError.SageMakerError>): Emulator.EmulatorOutput => {
  if (typeof script === "string") {
    return { ContentType: "text/event-stream", Body: script }
  }
  return isEvents(script)
    ? { ContentType: "text/event-stream", Body: `${toEvents(script)}data: [DONE]\n\n` }
    : { ContentType: "application/json", Body: JSON.stringify(script) }
}

/** The client of a container that returns the responses in order and repeats the last one. */
export const scriptedContainer = (...scripts: ReadonlyArray<Script>) =>
  Effect.sync(() => {
    const requests: Array<Members> = []
    const endpoint = Emulator.endpoint("llama", ({ Body }) => {
      const script = scripts[Math.min(requests.length, scripts.length - 1)]!
      requests.push(JSON.parse(new TextDecoder().decode(Body)) as Members)
      return isError(script) ? Effect.fail(script) : Effect.succeed(outputOf(script))
    })
    const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
      Layer.provide([
        Signer.layerAnonymous,
        Emulator.layerHttpClient({ endpoints: [endpoint], credentials: "anonymous" })
      ])
    )
    return { requests, client }
  })

/** A language model on `scriptedContainer`. */
export const scriptedModel = (config: SageMakerLanguageModel.Config.Service, ...scripts: ReadonlyArray<Script>) =>
  Effect.map(scriptedContainer(...scripts), ({ client, requests }) => ({
    requests,
    layer: Layer.provide(SageMakerLanguageModel.layer({ model: ModelEndpoint.chat("llama"), config }), client)
  }))

/** A completion with one choice. */
export const completion = (
  message: Members,
  finish_reason: string | null = "stop",
  members: Members = {}
): Members => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_764_000_000,
  model: "Qwen/Qwen3-8B",
  choices: [{ index: 0, message: { role: "assistant", content: null, ...message }, finish_reason, logprobs: null }],
  usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
  ...members
})

/** A chunk with a part of one choice. */
export const chunk = (delta: Members, finish_reason: string | null = null): Members => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_764_000_000,
  model: "Qwen/Qwen3-8B",
  choices: [{ index: 0, delta, finish_reason, logprobs: null }]
})

/** The last chunk, with the usage. */
export const usageChunk: Members = {
  ...chunk({}),
  choices: [],
  usage: {
    prompt_tokens: 7,
    completion_tokens: 5,
    total_tokens: 12,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 2 }
  }
}

/** A tool call as a server sends it. */
export const toolCall = (id: string | null, name: string, text: string, index = 0): Members => ({
  index,
  id,
  type: "function",
  function: { name, arguments: text }
})
