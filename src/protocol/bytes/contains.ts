const lowerCase = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)

/**
 * Whether bytes contain a text of ASCII letters, digits and punctuation in lower case, in any case.
 *
 * Horspool's algorithm skips most bytes, but compares many bytes several times if the text almost repeats itself. After
 * one comparison per byte the search ends, and the result is `true`.
 */
export const contains = (bytes: Uint8Array, text: string): boolean => {
  const last = text.length - 1
  const skips = new Map<number, number>()
  for (let at = 0; at < last; at++) {
    skips.set(text.charCodeAt(at), last - at)
  }
  let comparisons = 0
  for (let start = 0; start + last < bytes.length;) {
    let at = last
    while (at >= 0 && lowerCase(bytes[start + at] ?? 0) === text.charCodeAt(at)) {
      at -= 1
    }
    comparisons += text.length - at
    if (at < 0 || comparisons > bytes.length + text.length) {
      return true
    }
    start += skips.get(lowerCase(bytes[start + last] ?? 0)) ?? text.length
  }
  return false
}
