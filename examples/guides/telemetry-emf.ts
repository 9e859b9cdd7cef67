import { HashMap, Layer, Logger, LogLevel } from "effect"
import { Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const duration = "sagemaker_runtime.call.duration"
const dimensions = ["rpc.method", "aws.sagemaker.endpoint.name"]

const metrics = [
  { Name: duration, Unit: "Seconds" },
  { Name: "sagemaker_runtime.attempts", Unit: "Count" },
  { Name: "gen_ai.usage.input_tokens", Unit: "Count" },
  { Name: "gen_ai.usage.output_tokens", Unit: "Count" }
]

const emfLine = ({ annotations, date, message }: Logger.Logger.Options<unknown>) => {
  const call = {
    message: String(message),
    "aws.sagemaker.endpoint.name": "none",
    "error.type": "none",
    ...Object.fromEntries(HashMap.toEntries(annotations))
  }
  const directive = {
    Namespace: "Orders/SageMaker",
    Dimensions: [dimensions, [...dimensions, "error.type"]],
    Metrics: metrics.filter(({ Name }) => Name in call)
  }
  return JSON.stringify({ ...call, _aws: { Timestamp: date.getTime(), CloudWatchMetrics: [directive] } })
}

const logger = Logger.make((entry) =>
  globalThis.console.log(HashMap.has(entry.annotations, duration) ? emfLine(entry) : Logger.jsonLogger.log(entry))
)

export const live = NodeSageMaker.layer().pipe(
  Telemetry.logs({ level: LogLevel.Info }),
  Layer.merge(Logger.replace(Logger.defaultLogger, logger))
)
