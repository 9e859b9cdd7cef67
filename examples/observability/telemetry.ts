import { Schema } from "effect"

const AttributeValue = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const Attributes = Schema.Array(Schema.Struct({ key: Schema.String, value: AttributeValue }))

const Event = Schema.Struct({ name: Schema.String, timeUnixNano: Schema.BigInt, attributes: Attributes })

const OtlpSpan = Schema.Struct({
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  name: Schema.String,
  startTimeUnixNano: Schema.BigInt,
  endTimeUnixNano: Schema.BigInt,
  attributes: Attributes,
  events: Schema.Array(Event)
})

const Point = Schema.Struct({
  attributes: Attributes,
  asDouble: Schema.optional(Schema.Number),
  asInt: Schema.optional(Schema.Number),
  count: Schema.optional(Schema.Number),
  sum: Schema.optional(Schema.Number)
})

const Points = Schema.optional(Schema.Struct({ dataPoints: Schema.Array(Point) }))

const OtlpMetric = Schema.Struct({
  name: Schema.String,
  unit: Schema.String,
  sum: Points,
  gauge: Points,
  histogram: Points
})

const OtlpLog = Schema.Struct({ severityText: Schema.String, body: AttributeValue, attributes: Attributes })

export const TracesRequest = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(OtlpSpan) })) })
  )
})

export const MetricsRequest = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({ scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(OtlpMetric) })) })
  )
})

export const LogsRequest = Schema.Struct({
  resourceLogs: Schema.Array(
    Schema.Struct({ scopeLogs: Schema.Array(Schema.Struct({ logRecords: Schema.Array(OtlpLog) })) })
  )
})

type Attributes = { readonly [name: string]: unknown }

export interface SpanEvent {
  readonly name: string
  readonly time: number
  readonly attributes: Attributes
}

export interface Span {
  readonly id: string
  readonly parentId: string | undefined
  readonly name: string
  /** Start and end, in milliseconds since the start of the trace. */
  readonly start: number
  readonly end: number
  readonly attributes: Attributes
  readonly events: ReadonlyArray<SpanEvent>
}

export interface Measurement {
  readonly metric: string
  readonly unit: string
  readonly attributes: Attributes
  readonly value: number
  /** The number of values, and `value` is their sum. Only of a histogram. */
  readonly count: number | undefined
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly attributes: Attributes
}

const valueOf = (value: typeof AttributeValue.Type): unknown => {
  const [content] = Object.values(value)
  return Schema.is(Schema.Struct({ values: Schema.Array(AttributeValue) }))(content)
    ? content.values.map(valueOf).join(", ")
    : content
}

const record = (attributes: typeof Attributes.Type): Attributes =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))

const millis = (nanos: bigint) => Number(nanos) / 1e6

export const spansOf = (requests: ReadonlyArray<typeof TracesRequest.Type>): ReadonlyArray<Span> => {
  const spans = requests.flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scope) => scope.spans)
  const first = spans.map((span) => span.startTimeUnixNano).reduce(
    (a, b) => a < b ? a : b,
    spans[0]?.startTimeUnixNano ?? 0n
  )
  return spans.map((span) => ({
    id: span.spanId,
    parentId: span.parentSpanId,
    name: span.name,
    start: millis(span.startTimeUnixNano - first),
    end: millis(span.endTimeUnixNano - first),
    attributes: record(span.attributes),
    events: span.events.map(({ attributes, name, timeUnixNano }) => ({
      name,
      time: millis(timeUnixNano - first),
      attributes: record(attributes)
    }))
  })).toSorted((a, b) => a.start - b.start)
}

export const measurementsOf = ({ resourceMetrics }: typeof MetricsRequest.Type): ReadonlyArray<Measurement> =>
  resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ gauge, histogram, name, sum, unit }) =>
      [sum, gauge, histogram].flatMap((points) => points?.dataPoints ?? []).map((point) => ({
        metric: name,
        unit,
        attributes: record(point.attributes),
        value: point.sum ?? point.asDouble ?? point.asInt ?? 0,
        count: point.count
      }))
    )

export const logLinesOf = ({ resourceLogs }: typeof LogsRequest.Type): ReadonlyArray<LogLine> =>
  resourceLogs.flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map(({ attributes, body, severityText }) => ({
      level: severityText,
      message: String(valueOf(body)),
      attributes: record(attributes)
    }))
