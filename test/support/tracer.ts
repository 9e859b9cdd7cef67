import { Cause, Exit, Layer, Option, Tracer } from "effect"
import { inspect } from "node:util"

/** A recorded span. */
export interface RecordedSpan {
  readonly span: Tracer.Span
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: string | undefined
  readonly attributes: Map<string, unknown>
  readonly events: Array<readonly [name: string, attributes: unknown]>
  exit: Exit.Exit<unknown, unknown> | undefined
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

/** A tracer that records every span and has sequential span ids. */
export const recordingTracer = () => {
  const spans: Array<RecordedSpan> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const events: Array<readonly [string, unknown]> = []
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: hex(spans.length + 1, 16),
        traceId: Option.match(parent, { onNone: () => hex(1, 32), onSome: (_) => _.traceId }),
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes,
        links,
        sampled: true,
        kind,
        end: (_, exit) => {
          recorded.exit = exit
        },
        attribute: (key, value) => {
          attributes.set(key, value)
        },
        event: (event, _, values) => {
          events.push([event, values])
        },
        addLinks: () => {}
      }
      const recorded: RecordedSpan = {
        span,
        name,
        kind,
        parent: Option.getOrUndefined(Option.map(parent, (_) => _._tag === "Span" ? _.name : _.spanId)),
        attributes,
        events,
        exit: undefined
      }
      spans.push(recorded)
      return span
    },
    context: (f) => f()
  })
  return { layer: Layer.setTracer(tracer), spans }
}

/** The text that an exporter could write for a span. */
export const spanText = ({ attributes, events, exit, name }: RecordedSpan): string =>
  [
    name,
    inspect(attributes, { depth: 10 }),
    inspect(events, { depth: 10 }),
    ...(exit && Exit.isFailure(exit) ? [Cause.pretty(exit.cause, { renderErrorCause: true }), inspect(exit)] : [])
  ].join("\n")
