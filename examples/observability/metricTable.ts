import { Order } from "effect"
import type { Measurement } from "./telemetry.ts"
import { pair, text } from "./text.ts"

const columns = ["metric", "value", "endpoint", "method", "other dimensions"] as const

const known = new Set(["aws.sagemaker.endpoint.name", "rpc.method", "unit"])

const dimension = (value: unknown) => value === undefined ? "" : text(value)

const valueOf = ({ count, unit, value }: Measurement): string =>
  count === undefined ? `${text(value)} ${unit}` : `${count} × ${text(value / count)} ${unit}`

const rowOf = (measurement: Measurement): ReadonlyArray<string> => [
  measurement.metric,
  valueOf(measurement),
  dimension(measurement.attributes["aws.sagemaker.endpoint.name"]),
  dimension(measurement.attributes["rpc.method"]).replace("SageMakerRuntime/", ""),
  Object.entries(measurement.attributes)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => pair(name, value))
    .join(" ")
]

const byMetric = Order.mapInput(
  Order.string,
  ({ attributes, metric }: Measurement) => `${metric} ${dimension(attributes["aws.sagemaker.endpoint.name"])}`
)

/** The measurements of the client as a table. A histogram has the number of its values and their mean. */
export const metricTable = (measurements: ReadonlyArray<Measurement>): string => {
  const ours = measurements.filter(({ metric }) => /^(?:sagemaker_runtime|gen_ai)\./.test(metric))
  const rows = [columns, ...ours.toSorted(byMetric).map(rowOf)]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n")
}
