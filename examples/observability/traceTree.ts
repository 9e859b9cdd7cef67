import { paint } from "../terminal.ts"
import type { Span, SpanEvent } from "./telemetry.ts"
import { duration, pair, wrap } from "./text.ts"

const width = 108

/** The exporter adds these to every failed span. */
const omitted = new Set(["exception.stacktrace", "span.label", "status.interrupted"])

const attributesOf = ({ attributes }: { readonly attributes: Span["attributes"] }) =>
  Object.entries(attributes)
    .filter(([name]) => !omitted.has(name))
    .map(([name, value]) => pair(name, value))

/** Effect adds log lines to the current span as events. They are printed as logs. */
const isLog = ({ attributes }: SpanEvent) => "effect.logLevel" in attributes

const eventsOf = ({ events, start }: Span) =>
  events.filter((event) => !isLog(event)).map((
    event
  ) => [`+${duration(event.time - start)} ${event.name}`, ...attributesOf(event)])

const detailsOf = (span: Span, indent: string): ReadonlyArray<string> =>
  [attributesOf(span), ...eventsOf(span)]
    .flatMap((words) => wrap(words, width - indent.length))
    .map((line) => indent + paint("dim", line))

const title = (span: Span, branch: string): string => {
  const text = branch + span.name
  const name = "error.type" in span.attributes ? branch + paint("red", span.name) : text
  return name + " ".repeat(Math.max(2, 60 - text.length)) + duration(span.end - span.start).padStart(8)
}

const branchOf = (isRoot: boolean, isLast: boolean) => {
  if (isRoot) {
    return ["", ""] as const
  }
  return isLast ? ["└─ ", "   "] as const : ["├─ ", "│  "] as const
}

const linesBelow = (parent: Span | undefined, spans: ReadonlyArray<Span>, indent: string): ReadonlyArray<string> => {
  const isChild = ({ parentId }: Span) => parentId === parent?.id
  const children = spans.filter(isChild)
  return children.flatMap((span, index) => {
    const isLast = index === children.length - 1
    const [branch, below] = branchOf(parent === undefined, isLast)
    const hasChildren = spans.some(({ parentId }) => parentId === span.id)
    return [
      title(span, indent + branch),
      ...detailsOf(span, `${indent}${below}${hasChildren ? "│  " : "   "}`),
      ...linesBelow(span, spans, indent + below)
    ]
  })
}

/** The spans as a tree: name, duration, attributes and events of each. */
export const traceTree = (spans: ReadonlyArray<Span>): string => linesBelow(undefined, spans, "").join("\n")
