const assert = require("node:assert/strict")
const { test } = require("node:test")
const { Effect } = require("effect")
const { invokeEndpoint } = require("effect-sagemaker-runtime")
const { NodeSageMaker } = require("effect-sagemaker-runtime/node")

test("a unary call from a CommonJS module", async () => {
  const call = Effect.provide(invokeEndpoint({ EndpointName: "echo", Body: "hello" }), NodeSageMaker.layer())
  assert.equal(new TextDecoder().decode((await Effect.runPromise(call)).Body), "hello")
})
