/** A value that is made when it is first asked for: schemas take longer to make than a program has to start. */
export const lazy = <A>(make: () => A): () => A => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}
