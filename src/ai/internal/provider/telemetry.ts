/** The attributes of the spans of `@effect/ai`, by OpenTelemetry's conventions for generative models. */
import type * as Response from "@effect/ai/Response"
import { addGenAIAnnotations } from "@effect/ai/Telemetry"
import type { Span } from "effect/Tracer"
import type { ChatRequest } from "../../../Chat.ts"

/** The name of the provider in spans. */
const system = "aws.sagemaker"

/** Adds the attributes of a request. Without a `model` in the request, the endpoint's name identifies the model. */
export const annotateRequest = (span: Span, request: ChatRequest, endpoint: string): void => {
  span.attribute("gen_ai.provider.name", system)
  addGenAIAnnotations(span, {
    system,
    operation: { name: "chat" },
    request: {
      model: request.model ?? endpoint,
      temperature: request.temperature,
      topP: request.top_p,
      topK: request.top_k,
      maxTokens: request.max_completion_tokens ?? request.max_tokens,
      stopSequences: request.stop === undefined ? undefined : [request.stop].flat(),
      frequencyPenalty: request.frequency_penalty,
      presencePenalty: request.presence_penalty,
      seed: request.seed
    }
  })
}

const rawReason = ({ metadata, reason }: Response.FinishPartEncoded): string => {
  const raw = metadata?.["sagemaker"]?.["rawFinishReason"]
  return typeof raw === "string" ? raw : reason
}

/** Adds the attributes of a part of a response. */
export const annotatePart = (span: Span, part: Response.PartEncoded | Response.StreamPartEncoded): void => {
  if (part.type === "response-metadata") {
    addGenAIAnnotations(span, { response: { id: part.id, model: part.modelId } })
  }
  if (part.type === "finish") {
    addGenAIAnnotations(span, {
      response: { finishReasons: [rawReason(part)] },
      usage: { inputTokens: part.usage.inputTokens, outputTokens: part.usage.outputTokens }
    })
  }
}
