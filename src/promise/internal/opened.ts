/** A value that keeps its scope open: the response of a stream, a session. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { asyncDispose } from "./asyncDispose.ts"
import { closedEarly } from "./failure.ts"
import { iterate } from "./iteration.ts"
import type { Start, Stop } from "./tasks.ts"

type AnyStream<R> = Stream.Stream<unknown, unknown, R>

const isStream = <R>(value: unknown): value is AnyStream<R> =>
  typeof value === "object" && value !== null && Stream.StreamTypeId in value

/** A member. `undefined` if its getter throws: the copy has the getter. */
const memberOf = (value: object, key: PropertyKey): unknown => {
  try {
    return Reflect.get(value, key)
  } catch {
    return undefined
  }
}

const hidden = (value: unknown): PropertyDescriptor => ({ configurable: true, enumerable: false, value })

/** Calls `onEnd` when each of `count` streams has ended once. */
const whenAllEnd = (count: number, onEnd: () => void) => {
  let left = count
  return <R>(stream: AnyStream<R>): AnyStream<R> => {
    let hasEnded = false
    return Stream.ensuring(
      stream,
      Effect.sync(() => {
        left -= hasEnded ? 0 : 1
        hasEnded = true
        if (left === 0) {
          onEnd()
        }
      })
    )
  }
}

interface Scoped<R> {
  /** Closes the scope, and ends the iterations. */
  readonly close: () => Promise<void>
  /** Closes the scope when its streams have ended. */
  readonly release: () => void
  readonly iterateOver: (stream: AnyStream<R>) => AsyncIterable<unknown>
}

/** A copy of a value with functions that close it, whose streams are async iterables. */
const copyOf = <R>(value: object, { close, iterateOver, release }: Scoped<R>): object => {
  const names = Reflect.ownKeys(value).filter((key) => isStream(memberOf(value, key)))
  const withEnd = whenAllEnd(isStream(value) ? 1 : names.length, release)
  const iterable = (stream: AnyStream<R>): object => {
    const ending = withEnd(stream)
    return Object.defineProperty(ending, Symbol.asyncIterator, hidden(iterateOver(ending)[Symbol.asyncIterator]))
  }
  const closers = {
    ...("close" in value ? {} : { close: hidden(close) }),
    [asyncDispose]: hidden(close)
  }
  if (isStream<R>(value)) {
    return Object.defineProperties(iterable(value), closers)
  }
  const streams = names.map((key): readonly [PropertyKey, PropertyDescriptor] => [key, {
    configurable: true,
    enumerable: true,
    value: iterable(memberOf(value, key) as AnyStream<R>)
  }])
  return Object.create(Reflect.getPrototypeOf(value), {
    ...Object.getOwnPropertyDescriptors(value),
    ...Object.fromEntries(streams),
    ...closers
  }) as object
}

/** Runs an effect in a scope that stays open until the value is closed. */
export const open = <A extends object, E, R>(
  effect: Effect.Effect<A, E, R | Scope.Scope>,
  start: Start<R>,
  signal: AbortSignal | undefined
): Promise<object> =>
  new Promise((resolve, reject) => {
    const group = new Set<Stop>()
    const hold = (value: A) =>
      Effect.async<void>((resume) => {
        resolve(copyOf<R>(value, {
          close: () => stop(closedEarly()),
          release: () => resume(Effect.void),
          iterateOver: (stream) => iterate(stream, start, { signal, group })
        }))
      })
    const stop = start(Effect.scoped(Effect.flatMap(effect, hold)), { signal }, {
      onSuccess: () => undefined,
      onFailure: (error) => {
        reject(error)
        group.forEach((stopIteration) => void stopIteration(error))
      }
    })
  })
