import { Config, Layer } from "effect"
import { RetryPolicy } from "effect-sagemaker-runtime"
import { NodeCredentials, NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = Layer.unwrapEffect(
  Config.redacted("PROXY_PASSWORD").pipe(
    Config.map((password) =>
      NodeSageMaker.layer({
        profile: "inference",
        credentials: NodeCredentials.layerSso({ profile: "inference" }),
        http: {
          connectTimeout: "2 seconds",
          connections: 64,
          proxy: { url: "http://proxy:3128", username: "me", password }
        },
        retry: RetryPolicy.adaptive({ maxAttempts: 5 }),
        timeouts: { attempt: "10 seconds", total: "30 seconds" }
      })
    )
  )
)
