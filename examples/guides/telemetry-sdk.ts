import { NodeSdk } from "@effect/opentelemetry"
import type { MetricReader } from "@opentelemetry/sdk-metrics"
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler
} from "@opentelemetry/sdk-trace-base"

export const sdk = (exporter: SpanExporter, metricReader: MetricReader) =>
  NodeSdk.layer(() => ({
    resource: { serviceName: "orders" },
    spanProcessor: new BatchSpanProcessor(exporter),
    tracerConfig: { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.1) }) },
    metricReader
  }))
