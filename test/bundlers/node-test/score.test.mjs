import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { test } from "node:test"
import { Effect } from "effect"
import { invokeEndpoint, SageMakerError } from "effect-sagemaker-runtime"

const require = createRequire(import.meta.url)

test("an ES module with a client of a CommonJS module", async () => {
  const { NodeSageMaker } = require("effect-sagemaker-runtime/node")
  const call = Effect.provide(Effect.flip(invokeEndpoint({ EndpointName: "absent", Body: "" })), NodeSageMaker.layer())
  const error = await Effect.runPromise(call)
  assert.ok(error instanceof SageMakerError.ValidationError)
  assert.ok(error instanceof require("effect-sagemaker-runtime").SageMakerError.ValidationError)
})
