/** Combinators that take an effect or a stream. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Any effect or any stream. */
export type EffectOrStream = Effect.Effect<unknown, unknown, unknown> | Stream.Stream<unknown, unknown, unknown>

/** The effect or stream type of `Self`. Effects come first, because every effect type is also a stream type. */
export type Same<Self> = Self extends Effect.Effect<infer A, infer E, infer R> ? Effect.Effect<A, E, R>
  : Self extends Stream.Stream<infer A, infer E, infer R> ? Stream.Stream<A, E, R>
  : never

/** Sets a context reference for an effect or a stream, from the context in which it runs. */
export const provideReference = <Self extends EffectOrStream, Id, A>(
  self: Self,
  reference: Context.Reference<Id, A>,
  value: (context: Context.Context<never>) => A
): Same<Self> => {
  const add = (context: Context.Context<unknown>): Context.Context<unknown> =>
    Context.add(context, reference, value(context as Context.Context<never>))
  const provided: EffectOrStream = Effect.isEffect(self)
    ? Effect.mapInputContext(self, add)
    : Stream.mapInputContext(self, add)
  return provided as Same<Self>
}
