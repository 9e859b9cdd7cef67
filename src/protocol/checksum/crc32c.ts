/** CRC-32C (Castagnoli), one byte at a time. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return crc
})

/** CRC-32C of `bytes`. `previous` is the CRC of the bytes before them. */
export const crc32c = (bytes: Uint8Array, previous = 0): number => {
  let crc = ~previous
  for (const byte of bytes) {
    crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!
  }
  return ~crc >>> 0
}
