import { Effect } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"

export const program = invokeEndpoint({
  EndpointName: "anomaly-v2",
  ContentType: "application/json",
  Body: JSON.stringify({ cpu: 0.2, load: 17 })
}).pipe(Effect.map(({ Body }) => new TextDecoder().decode(Body)))
