import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const program = invokeEndpoint({ EndpointName: "broken", Body: "{}" }).pipe(
  Effect.as("an answer"),
  Effect.catchTags({
    ModelError: ({ OriginalStatusCode }) => Effect.succeed(`the container answered ${OriginalStatusCode}`),
    ThrottlingError: () => Effect.succeed("too many requests")
  })
)
