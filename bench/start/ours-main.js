/** This package for Node, imported by its main entry and Effect's. */
import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { credentials, input, region, url } from "./request.js"

const client = NodeSageMaker.layer({ region, endpoint: url, credentials })

await Effect.runPromise(Effect.provide(invokeEndpoint(input), client))
