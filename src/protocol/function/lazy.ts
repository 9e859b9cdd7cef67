/** Computes a value on first use, because building schemas at import would slow down a program's start. */
export const lazy = <A>(compute: () => A): () => A => {
  let computed: { readonly value: A } | undefined
  return () => (computed ??= { value: compute() }).value
}
