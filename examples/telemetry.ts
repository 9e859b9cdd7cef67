import { LogLevel } from "effect"
import { Resilience, Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer().pipe(
  Resilience.circuitBreaker(),
  Telemetry.metrics(),
  Telemetry.logs({ level: LogLevel.Info })
)
