import { Effect } from "effect"
import { InvokeEndpoint } from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"

export const live = MockRuntime.layer(
  MockRuntime.on(InvokeEndpoint.operation, () => Effect.succeed({ Body: new TextEncoder().encode("{\"score\":0.9}") }))
)
