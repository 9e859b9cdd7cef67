import { Effect } from "effect"
import { type InvokeEndpoint, invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"

const call = (EndpointName: string) =>
  invokeEndpoint({ EndpointName, Body: "{}" }).pipe(
    Effect.map(({ Body }) => new TextDecoder().decode(Body))
  )

const describe = (error: InvokeEndpoint.InvokeEndpointError): string => {
  if (SageMakerError.isAccessDenied(error)) {
    return `access denied: ${error.code}`
  }
  return SageMakerError.isRetryable(error) ? "try again later" : `failed: ${error._tag}`
}

export const callWithRecovery = (EndpointName: string) =>
  call(EndpointName).pipe(
    Effect.catchTags({
      ModelNotReadyException: () => call("spare"),
      ModelError: ({ OriginalStatusCode }) => Effect.succeed(`container error ${OriginalStatusCode}`)
    }),
    Effect.catchAll((error) => Effect.succeed(describe(error)))
  )
