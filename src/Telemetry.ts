/**
 * Telemetry of calls: options of the spans that every call has if a tracer is in context.
 *
 * @since 0.1.0
 */
export {
  /**
   * Whether each attempt of a call is a span below the call's span, or an event of the call's span. Default: `"spans"`.
   *
   * Events cost less. The trace context of a request is then that of the call's span.
   *
   * @since 0.1.0
   * @category references
   */
  AttemptSpans
} from "./internal/telemetry/spans.ts"
