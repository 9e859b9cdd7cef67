/** Collects bytes that arrive in pieces. */
import { concat } from "./bytes.ts"

/** Pieces as a linked list, the newest first. */
export interface Pieces {
  readonly bytes: Uint8Array
  readonly before: Pieces | undefined
}

/** Smaller pieces are joined when they arrive, so that memory grows with the bytes and not with the number of pieces. */
const smallPieceLength = 4_096

/** Adds a piece at the end. */
export const push = (before: Pieces | undefined, piece: Uint8Array): Pieces => {
  let bytes = piece
  let rest = before
  while (rest !== undefined && rest.bytes.length <= bytes.length && bytes.length < smallPieceLength) {
    bytes = concat([rest.bytes, bytes])
    rest = rest.before
  }
  return { bytes, before: rest }
}

/** The pieces in the order of their arrival. */
export const toArray = (pieces: Pieces | undefined): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let link = pieces; link !== undefined; link = link.before) {
    chunks.push(link.bytes)
  }
  return chunks.toReversed()
}
