/** Runs the checks with `NodeSageMaker` on Node, Bun and Deno, and writes the results to standard output. */
import { Effect, Layer } from "effect"
import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { bidirectional, echo, expect, runChecks, tagOf } from "./checks.ts"

const { EMULATOR_URL: endpoint = "", SECRET_ACCESS_KEY: secretAccessKey = "" } = process.env

const fixed = { accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "", secretAccessKey }
const settings = { region: "eu-west-1", endpoint }

const assumedRole = Layer.provide(
  NodeCredentials.layerAssumeRole({ roleArn: "arn:aws:iam::123456789012:role/caller" }),
  NodeCredentials.layerEnvironment
)

const credentials = Effect.gen(function*() {
  yield* Effect.provide(echo, NodeSageMaker.layer(settings))
  yield* Effect.provide(echo, NodeSageMaker.layer({ ...settings, profile: "fixed" }))
  const layers = [NodeCredentials.layerProcess({ profile: "process" }), NodeCredentials.layerContainer, assumedRole]
  for (const layer of layers) {
    yield* Effect.provide(echo, NodeSageMaker.layer({ ...settings, credentials: layer }))
  }
  const wrong = { ...fixed, secretAccessKey: "another" }
  const denied = yield* Effect.flip(Effect.provide(echo, NodeSageMaker.layer({ ...settings, credentials: wrong })))
  yield* expect("the error for a wrong secret key", tagOf(denied), "AccessDeniedError")
})

const client = NodeSageMaker.layer({ ...settings, credentials: fixed })

const results = await runChecks(
  client,
  NodeSageMaker.layer({ ...settings, credentials: fixed, endpoint: process.env["UNREACHABLE_URL"] }),
  credentials,
  Effect.provide(bidirectional, client)
)

console.log(JSON.stringify(results))
