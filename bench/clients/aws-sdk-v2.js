import AWS from "aws-sdk"
import { Agent } from "node:http"
import { promises } from "./promises.js"
import { credentials, region } from "./settings.js"

export const name = "AWS SDK v2"

export const make = (url) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024 })
  const client = new AWS.SageMakerRuntime({ ...credentials, region, endpoint: url, httpOptions: { agent } })
  const ContentType = "application/octet-stream"
  const invoke = async (Body) => {
    const response = await client.invokeEndpoint({ EndpointName: "bench", ContentType, Body }).promise()
    return response.Body
  }
  const stream = async (EndpointName, part) => {
    const { Body } = await client.invokeEndpointWithResponseStream({ EndpointName, ContentType, Body: "" }).promise()
    for await (const { PayloadPart } of Body) {
      part(PayloadPart.Bytes.length)
    }
  }
  return promises({ invoke, stream, close: () => agent.destroy() })
}
