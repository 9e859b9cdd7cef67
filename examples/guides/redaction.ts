import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const containerMessage = invokeEndpoint({ EndpointName: "broken", Body: "a patient's letter" }).pipe(
  Effect.tapErrorCause(Effect.logError),
  Effect.catchTag("ModelError", ({ OriginalMessage }) => Effect.succeed(OriginalMessage))
)
