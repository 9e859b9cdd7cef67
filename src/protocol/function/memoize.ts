const most = 256

/** A pure function of text that is not run again for a text it has seen lately. */
export const memoize = <A>(compute: (text: string) => A): (text: string) => A => {
  const known = new Map<string, A>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) {
      return found
    }
    const value = compute(text)
    if (known.size >= most) {
      known.clear()
    }
    known.set(text, value)
    return value
  }
}
