/** The trace context of a job: the span of the call that submitted it, in the format of W3C's header `traceparent`. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import { addInterceptor, CurrentInterceptor, interceptor } from "../../client/interceptor.ts"

const traceparent = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

/** The trace context of a span. `undefined` if its tracer has IDs of another format. */
const format = ({ sampled, spanId, traceId }: Tracer.AnySpan): string | undefined => {
  const text = `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
  return traceparent.test(text) ? text : undefined
}

/** The links to the span of a trace context. Text that is not a trace context has none. */
export const linksTo = (text: string | undefined): ReadonlyArray<Tracer.SpanLink> => {
  const [, traceId, spanId, flags] = traceparent.exec(text ?? "") ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) {
    return []
  }
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  return [{ _tag: "SpanLink", span: Tracer.externalSpan({ traceId, spanId, sampled }), attributes: {} }]
}

/** Runs a call of the client. Returns its output and the trace context of its span, if it has a span. */
export const withTraceContext = <A, E, R>(
  call: Effect.Effect<A, E, R>
): Effect.Effect<readonly [output: A, traceContext: string | undefined], E, R> =>
  Effect.suspend(() => {
    let traceContext: string | undefined
    const readSpan = interceptor({
      observe: ({ span }) => {
        traceContext = span === undefined ? undefined : format(span)
        return []
      }
    })
    return Effect.mapInputContext(call, (context: Context.Context<R>) =>
      Context.add(
        context,
        CurrentInterceptor,
        addInterceptor(context as Context.Context<never>, () => readSpan)
      )).pipe(
        Effect.map((output) => [output, traceContext] as const)
      )
  })
