import { Effect, LayerMap } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export class Regions extends LayerMap.Service<Regions>()("Regions", {
  lookup: (region: string) => NodeSageMaker.layer({ region }),
  idleTimeToLive: "10 minutes"
}) {}

const call = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" })

export const callIn = (region: string) => Effect.provide(call, Regions.get(region))
