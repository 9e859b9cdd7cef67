import { LanguageModel } from "@effect/ai"
import { Effect } from "effect"
import { SageMakerError } from "effect-sagemaker-runtime"

export const answer = (question: string) =>
  LanguageModel.generateText({ prompt: question }).pipe(
    Effect.map(({ text }) => text),
    Effect.catchTag("HttpResponseError", (error) =>
      SageMakerError.isThrottling(error.cause) ? Effect.succeed("too many requests") : Effect.fail(error))
  )
