import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const firstCall = invokeEndpoint({
  EndpointName: "echo",
  ContentType: "text/plain",
  Body: "hello"
}).pipe(
  Effect.map(({ Body, InvokedProductionVariant }) => `${InvokedProductionVariant}: ${new TextDecoder().decode(Body)}`)
)
