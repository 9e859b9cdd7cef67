import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime"
import { credentials, input, region, url } from "./request.js"

const client = new SageMakerRuntimeClient({ credentials, region, endpoint: url })

await client.send(new InvokeEndpointCommand(input))
