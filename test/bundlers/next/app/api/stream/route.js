import { Effect, Stream } from "effect"
import { streamEndpoint } from "effect-sagemaker-runtime"
import { runtime } from "../../runtime.js"

export const POST = async (request) => {
  const parts = streamEndpoint({ EndpointName: "story", Body: await request.text() })
  const body = await runtime.runPromise(Effect.map(Effect.runtime(), (_) => Stream.toReadableStreamRuntime(parts, _)))
  return new Response(body, { headers: { "content-type": "text/plain" } })
}
