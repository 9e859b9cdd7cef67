import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const program = invokeEndpoint({ EndpointName: "broken", Body: "{}" }).pipe(
  Effect.as("succeeded"),
  Effect.catchTags({
    ModelError: ({ OriginalStatusCode }) => Effect.succeed(`container error ${OriginalStatusCode}`),
    ThrottlingError: () => Effect.succeed("too many requests")
  })
)
