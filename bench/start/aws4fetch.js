import { AwsClient } from "aws4fetch"
import { body, credentials, headers, path, region, url } from "./request.js"

const client = new AwsClient({ ...credentials, region, service: "sagemaker" })

await (await client.fetch(url + path, { method: "POST", body, headers })).arrayBuffer()
