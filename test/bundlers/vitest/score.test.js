import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { expect, test } from "vitest"

test("a unary call", async () => {
  const call = Effect.provide(invokeEndpoint({ EndpointName: "echo", Body: "hello" }), NodeSageMaker.layer())
  expect(new TextDecoder().decode((await Effect.runPromise(call)).Body)).toBe("hello")
})
