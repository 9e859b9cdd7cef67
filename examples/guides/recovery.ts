import { Effect } from "effect"
import { type InvokeEndpoint, invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"

const answer = (EndpointName: string) =>
  invokeEndpoint({ EndpointName, Body: "{}" }).pipe(
    Effect.map(({ Body }) => new TextDecoder().decode(Body))
  )

const told = (error: InvokeEndpoint.InvokeEndpointError): string =>
  SageMakerError.isAccessDenied(error)
    ? `ask for permission: ${error.code}`
    : SageMakerError.isRetryable(error)
    ? "busy, try later"
    : `failed: ${error._tag}`

export const recovered = (EndpointName: string) =>
  answer(EndpointName).pipe(
    Effect.catchTags({
      ModelNotReadyException: () => answer("spare"),
      ModelError: ({ OriginalStatusCode }) => Effect.succeed(`the container answered ${OriginalStatusCode}`)
    }),
    Effect.catchAll((error) => Effect.succeed(told(error)))
  )
