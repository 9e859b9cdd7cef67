import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Client } from "effect-sagemaker-runtime/promise"
import { score } from "./anomaly.ts"

const client = Client.make(NodeSageMaker.layer())

console.log(`anomaly score: ${await client.run(score({ cpu: 0.2, load: 17 }))}`)

await client.close()
