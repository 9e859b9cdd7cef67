import { Effect } from "effect"
import { invokeEndpointAsync } from "effect-sagemaker-runtime"

export const program = invokeEndpointAsync({
  EndpointName: "anomaly-v2",
  InputLocation: "s3://readings/today.json"
}).pipe(Effect.map(({ OutputLocation }) => OutputLocation))
