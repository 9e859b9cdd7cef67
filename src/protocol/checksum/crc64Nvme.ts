/** CRC-64/NVME, one byte at a time. The CRC is in two halves, because 64-bit integers of JavaScript are slow. */

/** The high and the low 32 bits of a CRC. */
export interface Crc64 {
  readonly high: number
  readonly low: number
}

/** The CRC of no bytes. */
export const emptyCrc64: Crc64 = { high: 0, low: 0 }

const polynomial: Crc64 = { high: 0x9a6c9329, low: 0xac4bc9b5 }

/** The CRC of each byte: the high half at `2 * byte`, then the low half. */
const table = new Uint32Array(512)
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte]
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (carry === 1) {
      high ^= polynomial.high
      low ^= polynomial.low
    }
  }
  table[2 * byte] = high
  table[2 * byte + 1] = low
}

/** CRC-64/NVME of `bytes`. `previous` is the CRC of the bytes before them. */
export const crc64Nvme = (bytes: Uint8Array, previous: Crc64 = emptyCrc64): Crc64 => {
  let high = ~previous.high
  let low = ~previous.low
  for (const byte of bytes) {
    const at = ((low ^ byte) & 0xff) << 1
    low = ((low >>> 8) | (high << 24)) ^ table[at + 1]!
    high = (high >>> 8) ^ table[at]!
  }
  return { high: ~high >>> 0, low: ~low >>> 0 }
}
