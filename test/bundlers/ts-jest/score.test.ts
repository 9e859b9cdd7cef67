import { expect, test } from "@jest/globals"
import { Effect, Schema } from "effect"
import { Codec, InvokeEndpoint, ModelEndpoint, SageMakerError } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import * as RetryPolicy from "effect-sagemaker-runtime/RetryPolicy"
import { MockRuntime } from "effect-sagemaker-runtime/testing"

const fraud = ModelEndpoint.make("echo", {
  request: Codec.json(Schema.Struct({ score: Schema.Number })),
  response: Codec.json(Schema.Struct({ score: Schema.Number }))
})

test("a typed model on a mock layer", async () => {
  const mock = MockRuntime.layer(
    MockRuntime.on(InvokeEndpoint.operation, ({ Body }) => Effect.succeed({ Body: Body as Uint8Array }))
  )
  const score: { readonly score: number } = await Effect.runPromise(Effect.provide(fraud.invoke({ score: 0.5 }), mock))
  expect(score).toEqual({ score: 0.5 })
})

test("a typed model on a server", async () => {
  const call = fraud.invoke({ score: 0.5 }).pipe(
    RetryPolicy.use(RetryPolicy.none),
    Effect.catchTag("ModelError", (error: SageMakerError.ModelError) => Effect.succeed({ score: error.attempts })),
    Effect.provide(NodeSageMaker.layer())
  )
  expect(await Effect.runPromise(call)).toEqual({ score: 0.5 })
})
