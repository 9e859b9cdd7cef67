const lowerCase = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)

/**
 * Whether bytes contain a text of ASCII letters, digits and punctuation in lower case, in any case.
 *
 * Horspool's algorithm skips most bytes.
 */
export const contains = (bytes: Uint8Array, text: string): boolean => {
  const last = text.length - 1
  const skips = new Map<number, number>()
  for (let at = 0; at < last; at++) {
    skips.set(text.charCodeAt(at), last - at)
  }
  const matchesAt = (start: number): boolean => {
    for (let at = last; at >= 0; at--) {
      if (lowerCase(bytes[start + at] ?? 0) !== text.charCodeAt(at)) {
        return false
      }
    }
    return true
  }
  for (let start = 0; start + last < bytes.length;) {
    if (matchesAt(start)) {
      return true
    }
    start += skips.get(lowerCase(bytes[start + last] ?? 0)) ?? text.length
  }
  return false
}
