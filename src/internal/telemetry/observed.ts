/** Calls with their observers: spans if a tracer records them, and the observers of interceptors. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Tracer from "effect/Tracer"
import type { Operation, SpanAttributes } from "../../Operation.ts"
import type { Interceptor } from "../client/interceptor.ts"
import { guardReads } from "../operation/readMembers.ts"
import { CurrentModelCall, type ModelCall } from "./modelCall.ts"
import { Observation } from "./observation.ts"
import type { CallObserver } from "./observer.ts"
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

const setContext = (context: Context.Context<never>) => FiberRef.set(FiberRef.currentContext, context)

/** Runs an effect with another parent of its spans, in fewer steps than `Effect.withParentSpan`. */
const withParent = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  context: Context.Context<never>,
  span: Tracer.Span
): Effect.Effect<A, E, R> =>
  Effect.onExit(
    Effect.zipRight(setContext(Context.add(context, Tracer.ParentSpan, span)), effect),
    () => setContext(context)
  )

const withObservers = <A, E, R>(
  observers: ReadonlyArray<CallObserver>,
  modelCall: ModelCall | undefined,
  call: (observation: Observation | undefined) => Effect.Effect<A, E, R>,
  restore: (effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  if (observers.length === 0) {
    return restore(call(undefined))
  }
  const observation = new Observation({ observers, spans: undefined, modelCall })
  return observation.aroundCall(restore(call(observation)))
}

/** Runs a call with its observation, or with none if nothing observes it. */
export const observed = <I, O, E, R, A, E2, R2>(
  { attributes, fiber, input, interceptor, operation }: Observable<I, O, E, R>,
  call: (observation: Observation | undefined) => Effect.Effect<A, E2, R2>
): Effect.Effect<A, E2, R2> => {
  const context = fiber.currentContext
  const modelCall = Context.get(context, CurrentModelCall)
  // Observers are made in an uninterruptible region, so that an interruption cannot prevent their end.
  const observers = () => interceptor?.observe({ operation: operation.name, input, fiber, modelCall }) ?? []
  if (!isTraced(fiber)) {
    return interceptor === undefined
      ? call(undefined)
      : Effect.uninterruptibleMask((restore) => withObservers(observers(), modelCall, call, restore))
  }
  const start = CallSpans.start({
    fiber,
    operation: operation.name,
    attributes: {
      ...attributes,
      ...Either.getOrUndefined(guardReads("input", () => operation.attributes?.(input)))
    },
    modelCall
  })
  return Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(start, (spans) => {
      const observation = new Observation({ observers: [...observers(), spans], spans, modelCall })
      return observation.aroundCall(restore(withParent(call(observation), context, spans.call)))
    })
  )
}
