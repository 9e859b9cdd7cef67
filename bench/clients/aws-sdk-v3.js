import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient
} from "@aws-sdk/client-sagemaker-runtime"
import { NodeHttpHandler } from "@smithy/node-http-handler"
import { Agent } from "node:http"
import { promises } from "./promises.js"
import { credentials, region } from "./settings.js"

export const name = "AWS SDK v3"

export const make = (url) => {
  const client = new SageMakerRuntimeClient({
    credentials,
    region,
    endpoint: url,
    requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ keepAlive: true, maxSockets: 1_024 }) })
  })
  const ContentType = "application/octet-stream"
  const invoke = async (Body) => {
    const response = await client.send(new InvokeEndpointCommand({ EndpointName: "bench", ContentType, Body }))
    return response.Body
  }
  const stream = async (EndpointName, part) => {
    const command = new InvokeEndpointWithResponseStreamCommand({ EndpointName, ContentType, Body: new Uint8Array() })
    for await (const { PayloadPart } of (await client.send(command)).Body) {
      part(PayloadPart.Bytes.length)
    }
  }
  return promises({ invoke, stream, close: () => client.destroy() })
}
