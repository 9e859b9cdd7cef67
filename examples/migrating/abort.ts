import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const program = invokeEndpoint({ EndpointName: "slow", Body: "{}" }).pipe(
  Effect.timeoutTo({ duration: "1 second", onSuccess: () => "succeeded", onTimeout: () => "timed out" })
)
