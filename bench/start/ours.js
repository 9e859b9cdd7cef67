/** This package for Node, imported by sub-paths. */
import * as Effect from "effect/Effect"
import { invokeEndpoint } from "effect-sagemaker-runtime/InvokeEndpoint"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { credentials, input, region, url } from "./request.js"

const client = NodeSageMaker.layer({ region, endpoint: url, credentials })

await Effect.runPromise(Effect.provide(invokeEndpoint(input), client))
