/** SHA-1 of bytes that arrive in chunks. WebCrypto hashes only whole messages. */

const blockLength = 64

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** The function and the constant of a round. */
const roundValue = (round: number, b: number, c: number, d: number): number => {
  if (round < 20) {
    return ((b & c) | (~b & d)) + 0x5a827999
  }
  if (round < 40) {
    return (b ^ c ^ d) + 0x6ed9eba1
  }
  return round < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6
}

/** Adds one block of 64 bytes to the state. */
const compress = (state: Int32Array, words: Int32Array, block: DataView, offset: number): void => {
  for (let round = 0; round < 80; round++) {
    words[round] = round < 16
      ? block.getInt32(offset + 4 * round)
      : rotate(words[round - 3]! ^ words[round - 8]! ^ words[round - 14]! ^ words[round - 16]!, 1)
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
  for (let round = 0; round < 80; round++) {
    const next = (rotate(a, 5) + roundValue(round, b, c, d) + e + words[round]!) | 0
    e = d
    d = c
    c = rotate(b, 30)
    b = a
    a = next
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
}

/** A SHA-1 hash of the bytes so far. */
export class Sha1 {
  readonly #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  readonly #words = new Int32Array(80)
  readonly #block = new Uint8Array(blockLength)
  #length = 0

  /** Adds bytes. */
  update(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    while (at < bytes.length) {
      const filled = this.#length % blockLength
      if (filled === 0 && bytes.length - at >= blockLength) {
        compress(this.#state, this.#words, view, at)
        at += blockLength
        this.#length += blockLength
        continue
      }
      const part = bytes.subarray(at, at + blockLength - filled)
      this.#block.set(part, filled)
      at += part.length
      this.#length += part.length
      if (this.#length % blockLength === 0) {
        compress(this.#state, this.#words, new DataView(this.#block.buffer), 0)
      }
    }
  }

  /** The hash, as 20 bytes. No bytes can be added afterwards. */
  digest(): Uint8Array {
    const length = this.#length
    const padding = new Uint8Array(blockLength + 8 - ((length + 8) % blockLength))
    padding[0] = 0x80
    const size = new DataView(padding.buffer, padding.length - 8)
    size.setUint32(0, Math.floor(length / 0x20000000))
    size.setUint32(4, length * 8)
    this.update(padding)
    const hash = new DataView(new ArrayBuffer(20))
    this.#state.forEach((word, index) => hash.setInt32(4 * index, word))
    return new Uint8Array(hash.buffer)
  }
}
