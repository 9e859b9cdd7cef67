/** Helpers for byte arrays. */

/** Bytes as hexadecimal digits. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Joins chunks. A single chunk is returned without a copy. */
export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) {
    return only
  }
  const out = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0))
  let offset = 0
  for (const chunk of chunks) {
    out.set(chunk, offset)
    offset += chunk.byteLength
  }
  return out
}

/** Joins chunks. The buffer of the result contains no other data. */
export const concatExact = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const joined = concat(chunks)
  return joined.byteLength === joined.buffer.byteLength ? joined : joined.slice()
}
