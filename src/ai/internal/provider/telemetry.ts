/**
 * The attributes of the spans of `@effect/ai`: the settings of a request.
 *
 * The client's span of the call, which is their child, has the operation, the model, the finish reasons and the token
 * usage. A backend that adds these values of all spans would count them twice if both spans had them.
 */
import type { Span } from "effect/Tracer"
import type { ChatRequest } from "../../../Chat.ts"

const settingsOf = (request: ChatRequest) => ({
  temperature: request.temperature,
  top_p: request.top_p,
  top_k: request.top_k,
  max_tokens: request.max_completion_tokens ?? request.max_tokens,
  frequency_penalty: request.frequency_penalty,
  presence_penalty: request.presence_penalty,
  seed: request.seed
})

/** Adds the settings that are numbers. A text can be a part of the payload. */
export const annotateRequest = (span: Span, request: ChatRequest): void => {
  for (const [name, value] of Object.entries(settingsOf(request))) {
    if (typeof value === "number") {
      span.attribute(`gen_ai.request.${name}`, value)
    }
  }
}
