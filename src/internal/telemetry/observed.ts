/** Calls with their observers: spans if a tracer records them, and the observers of interceptors. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import type { Operation, SpanAttributes } from "../../Operation.ts"
import type { Interceptor } from "../client/interceptor.ts"
import { guardReads } from "../operation/readMembers.ts"
import { CurrentModelCall } from "./modelCall.ts"
import { aroundCall, ignoringExceptions, Observation } from "./observation.ts"
import { CallSpans, isTraced } from "./spans.ts"

/** A call, and what its observers are made from. */
interface Observable<I, O, E, R> {
  readonly operation: Operation<I, O, E, R>
  readonly input: I
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  /** Attributes of every call's span. */
  readonly attributes: SpanAttributes
  readonly interceptor: Interceptor | undefined
}

/** Runs a call with its observation, or with none if nothing observes it. */
export const observed = <I, O, E, R, A, E2, R2>(
  { attributes, fiber, input, interceptor, operation }: Observable<I, O, E, R>,
  call: (observation: Observation | undefined) => Effect.Effect<A, E2, R2>
): Effect.Effect<A, E2, R2> => {
  const context = fiber.currentContext
  const modelCall = Context.get(context, CurrentModelCall)
  if (interceptor === undefined && !isTraced(fiber)) {
    return call(undefined)
  }
  return aroundCall(() => {
    const spans = isTraced(fiber)
      ? ignoringExceptions(() =>
        CallSpans.start({
          fiber,
          operation: operation.name,
          attributes: {
            ...attributes,
            ...Either.getOrUndefined(guardReads("input", () => operation.attributes?.(input)))
          },
          modelCall
        })
      )
      : undefined
    const observedCall = { operation: operation.name, input, fiber, modelCall, span: spans?.call }
    const observers = [...interceptor?.observe(observedCall) ?? [], ...spans === undefined ? [] : [spans]]
    return observers.length === 0 ? undefined : new Observation({ observers, spans, modelCall })
  }, call)
}
