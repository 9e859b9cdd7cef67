import SageMakerRuntime from "aws-sdk/clients/sagemakerruntime.js"
import { credentials, input, region, url } from "./request.js"

const client = new SageMakerRuntime({ ...credentials, region, endpoint: url })

await client.invokeEndpoint(input).promise()
