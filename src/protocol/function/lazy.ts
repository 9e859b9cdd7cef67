import type { LazyArg } from "effect/Function"

/** A value that is made when it is first asked for: schemas take longer to make than a program has to start. */
export const lazy = <A>(make: LazyArg<A>): LazyArg<A> => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}
