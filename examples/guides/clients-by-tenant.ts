import { Data, Effect, Layer, LayerMap } from "effect"
import { invokeEndpoint } from "effect-sagemaker-runtime"
import { NodeCredentials, NodeHttpClient, NodeSageMaker } from "effect-sagemaker-runtime/node"

class Tenant extends Data.Class<{ readonly roleArn: string; readonly region: string }> {}

const http = NodeHttpClient.layer()

export class Tenants extends LayerMap.Service<Tenants>()("Tenants", {
  lookup: ({ region, roleArn }: Tenant) =>
    NodeSageMaker.layer({
      region,
      http,
      credentials: NodeCredentials.layerAssumeRole({ roleArn }).pipe(Layer.provide(NodeCredentials.layerDefault()))
    }),
  idleTimeToLive: "10 minutes"
}) {}

const call = invokeEndpoint({ EndpointName: "anomaly-v2", Body: "{}" })

export const callFor = (roleArn: string, region: string) =>
  Effect.provide(call, Tenants.get(new Tenant({ roleArn, region })))
