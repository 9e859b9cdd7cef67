/** A Lambda function that keeps its client between invocations. */
import { Effect, ManagedRuntime } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const runtime = ManagedRuntime.make(NodeSageMaker.layer({ timeouts: { total: "10 seconds" } }))

export const handler = (event: { readonly text: string }): Promise<string> =>
  runtime.runPromise(
    Effect.map(invokeEndpoint({ EndpointName: "echo", Body: event.text }), ({ Body }) => new TextDecoder().decode(Body))
  )
