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

/** Bytes that arrive in pieces, as a linked list with the newest piece first. */
export interface Pieces {
  readonly bytes: Uint8Array
  readonly before: Pieces | undefined
}

/** Smaller pieces are joined when they arrive, so that memory grows with the bytes and not with the number of pieces. */
const smallPieceLength = 4_096

/** Adds a piece at the end. */
export const addPiece = (before: Pieces | undefined, piece: Uint8Array): Pieces => {
  let bytes = piece
  let rest = before
  while (rest !== undefined && rest.bytes.length <= bytes.length && bytes.length < smallPieceLength) {
    bytes = concat([rest.bytes, bytes])
    rest = rest.before
  }
  return { bytes, before: rest }
}

/** The pieces in the order of their arrival. */
export const piecesInOrder = (pieces: Pieces | undefined): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let link = pieces; link !== undefined; link = link.before) {
    chunks.push(link.bytes)
  }
  return chunks.toReversed()
}
