const chunkBytes = 65_536

/**
 * Whether bytes contain a text of ASCII letters, digits and punctuation in lower case, in any case.
 *
 * The search of the engine takes linear time. A search byte by byte takes seconds for a text that almost repeats itself.
 */
export const contains = (bytes: Uint8Array, text: string): boolean => {
  const decoder = new TextDecoder()
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const chunk = decoder.decode(bytes.subarray(start, start + chunkBytes + text.length - 1))
    if (chunk.toLowerCase().includes(text)) {
      return true
    }
  }
  return false
}
