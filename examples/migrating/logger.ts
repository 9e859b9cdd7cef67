import { LogLevel } from "effect"
import { Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

export const live = NodeSageMaker.layer().pipe(Telemetry.logs({ level: LogLevel.Info }))
