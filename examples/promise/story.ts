import { invokeEndpointWithResponseStream } from "effect-sagemaker-runtime"
import { client } from "./score.ts"

export const printStory = async (print: (text: string) => void) => {
  await using response = await client.open(invokeEndpointWithResponseStream({ EndpointName: "story", Body: "Once" }))
  print(`variant ${response.InvokedProductionVariant}`)
  const decoder = new TextDecoder()
  for await (const bytes of response.Body) {
    print(decoder.decode(bytes, { stream: true }))
  }
}
