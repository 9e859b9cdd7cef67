/** The chat request of a call: the members of the configuration, the prompt, the tools and the response format. */
import type * as AiError from "@effect/ai/AiError"
import type { ProviderOptions } from "@effect/ai/LanguageModel"
import * as Effect from "effect/Effect"
import type { ChatRequest } from "../../../Chat.ts"
import type { Config } from "../../SageMakerLanguageModel.ts"
import { chatMessages } from "./messages.ts"
import { withStructuredOutput } from "./structuredOutput.ts"
import { toolMembers, type ToolNames } from "./tools.ts"

export const chatRequest = Effect.fnUntraced(function*(
  options: ProviderOptions,
  { structuredOutput, ...members }: Config.Service,
  names: ToolNames
): Effect.fn.Return<ChatRequest, AiError.AiError> {
  const messages = yield* chatMessages(options.prompt, names)
  const tools = yield* toolMembers(options, names)
  return yield* withStructuredOutput({ ...members, messages, ...tools }, options.responseFormat, structuredOutput)
})
