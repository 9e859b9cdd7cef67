import type { Span, SpanEvent } from "./telemetry.ts"
import { duration, wrap } from "./text.ts"

const width = 800
const margin = 16
const indent = 18
const line = 16
const bar = 12

/** The attributes that a picture shows. The others are identifiers or the same in each picture. */
const shown = [
  "aws.sagemaker.endpoint.name",
  "gen_ai.operation.name",
  "gen_ai.response.finish_reasons",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "http.request.resend_count",
  "http.response.status_code",
  "error.type",
  "aws.sagemaker.stream.parts",
  "aws.sagemaker.stream.complete"
]

const style = `
    .trace { --back: #ffffff; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --call: #4a7fd6; --attempt: #2f9e5f; --failed: #d1453b; --event: #b35900 }
    @media (prefers-color-scheme: dark) {
      .trace { --back: #0d1117; --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --call: #6ba1f5; --attempt: #4cc380; --failed: #ff7b72; --event: #f0a04b }
    }
    .trace { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
    .back { fill: var(--back) } text { fill: var(--text); white-space: pre } .dim { fill: var(--dim); font-size: 11px }
    .axis { stroke: var(--line) } .wait { stroke: var(--dim); stroke-dasharray: 3 4 }
    .call { fill: var(--call) } .attempt { fill: var(--attempt) } .failed { fill: var(--failed) }
    .event { stroke: var(--event); stroke-width: 2 } .name { fill: var(--event); font-size: 11px }`

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\"", "&quot;")

const centered = ` class="dim" text-anchor="middle"`

const round = (value: number) => Math.round(value * 10) / 10

interface Scale {
  readonly x: (millis: number) => number
  readonly end: number
}

const text = (x: number, y: number, content: string, attributes = "") =>
  `<text x="${round(x)}" y="${round(y)}"${attributes}>${escaped(content)}</text>`

const attributesOf = ({ attributes }: { readonly attributes: Span["attributes"] }) =>
  shown.filter((name) => name in attributes).map((name) => `${name}=${String(attributes[name])}`)

const kindOf = (span: Span, isRoot: boolean) => {
  if (isRoot) {
    return "call"
  }
  return "error.type" in span.attributes ? "failed" : "attempt"
}

const eventText = (event: SpanEvent, { start }: Span) =>
  [`${event.name} +${duration(event.time - start)}`, ...attributesOf(event)].join("  ")

const eventLine = (span: Span, { end, x }: Scale, top: number) => (event: SpanEvent, index: number) => {
  const y = top + (index + 1) * line
  const at = x(event.time)
  const [anchor, side] = event.time > end / 2 ? ["end", -5] : ["start", 5]
  return [
    `<path class="event" d="M${round(at)},${top - bar - 2}V${y + 3}"/>`,
    text(at + side, y, eventText(event, span), ` class="name" text-anchor="${anchor}"`)
  ]
}

const wait = (previous: Span | undefined, span: Span, { x }: Scale, y: number): ReadonlyArray<string> => {
  if (previous === undefined) {
    return []
  }
  const [from, to] = [x(previous.end), x(span.start)]
  return [
    `<path class="wait" d="M${round(from)},${y}H${round(to)}"/>`,
    text((from + to) / 2, y + 14, `retry delay ${duration(span.start - previous.end)}`, centered)
  ]
}

interface Row {
  readonly span: Span
  readonly depth: number
  readonly previous: Span | undefined
}

const rowsBelow = (spans: ReadonlyArray<Span>, parent: Span | undefined, depth: number): ReadonlyArray<Row> =>
  spans.filter(({ parentId }) => parentId === parent?.id).flatMap((span, index, siblings) => [
    { span, depth, previous: depth === 0 ? undefined : siblings[index - 1] },
    ...rowsBelow(spans, span, depth + 1)
  ])

const drawRow = ({ depth, previous, span }: Row, scale: Scale, top: number) => {
  const left = margin + depth * indent
  const attributes = wrap(attributesOf(span), 110 - depth * 3)
  const y = top + line * (1 + attributes.length) + 6
  const events = span.events.filter(({ name }) => name !== "exception")
  const barWidth = Math.max(2, scale.x(span.end) - scale.x(span.start))
  return {
    height: y + bar + events.length * line + 14 - top,
    elements: [
      text(left, top + line - 4, `${span.name}  ${duration(span.end - span.start)}`),
      ...attributes.map((content, index) => text(left, top + line * (index + 2) - 4, content, ` class="dim"`)),
      ...wait(previous, span, scale, y + bar / 2),
      `<rect class="${kindOf(span, depth === 0)}" x="${round(scale.x(span.start))}" y="${y}" width="${
        round(barWidth)
      }" height="${bar}" rx="2"/>`,
      ...events.flatMap(eventLine(span, scale, y + bar))
    ]
  }
}

const axis = ({ end, x }: Scale, bottom: number): ReadonlyArray<string> => {
  const step = [10, 20, 50, 100, 200, 500].find((size) => end / size <= 10) ?? 1_000
  const times = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step)
  return times.flatMap((time) => [
    `<path class="axis" d="M${round(x(time))},8V${bottom}"/>`,
    text(x(time), bottom + 14, duration(time).replace("0.0", "0"), centered)
  ])
}

/** Draws the spans of one call on a time axis. */
export const timeline = (title: string, spans: ReadonlyArray<Span>): string => {
  const end = Math.max(...spans.map((span) => span.end))
  const scale: Scale = { end, x: (millis) => margin + 8 + millis / end * (width - 2 * margin - 16) }
  const rows: Array<string> = []
  let top = 12
  for (const row of rowsBelow(spans, undefined, 0)) {
    const { elements, height } = drawRow(row, scale, top)
    rows.push(...elements)
    top += height
  }
  const elements = [`<rect class="back" width="${width}" height="${top + 24}" rx="6"/>`, ...axis(scale, top), ...rows]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="trace" role="img" width="${width}" height="${
      top + 24
    }" viewBox="0 0 ${width} ${top + 24}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}\n</style>`,
    ...elements,
    "</svg>\n"
  ].join("\n")
}
