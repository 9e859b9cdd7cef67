import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const program = invokeEndpoint({ EndpointName: "slow", Body: "{}" }).pipe(
  Effect.timeoutTo({ duration: "1 second", onSuccess: () => "an answer", onTimeout: () => "no answer in time" })
)
