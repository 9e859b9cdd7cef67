const maxEntries = 256

/** Memoizes a pure function of a string. The cache is cleared when it has 256 entries. */
export const memoize = <A>(compute: (text: string) => A): (text: string) => A => {
  const cache = new Map<string, A>()
  return (text) => {
    const found = cache.get(text)
    if (found !== undefined) {
      return found
    }
    const value = compute(text)
    if (cache.size >= maxEntries) {
      cache.clear()
    }
    cache.set(text, value)
    return value
  }
}
