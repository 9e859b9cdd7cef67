/** CRC-32 (IEEE 802.3), eight bytes at a time (slicing-by-8). */

/** Eight concatenated tables: entry `256 * k + b` is the CRC of byte `b` and `k` zero bytes. */
const makeTables = (): Uint32Array => {
  const tables = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    }
    tables[byte] = crc
  }
  for (let index = 256; index < tables.length; index++) {
    const previous = tables[index - 256]!
    tables[index] = (previous >>> 8) ^ tables[previous & 0xff]!
  }
  return tables
}

const tables = makeTables()

/** CRC-32 of `bytes` from `start` to `end`. `previous` is the CRC of the bytes before them. */
export const crc32 = (bytes: Uint8Array, start: number, end: number, previous = 0): number => {
  let crc = ~previous
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = tables[1_792 + (crc & 0xff)]! ^ tables[1_536 + ((crc >>> 8) & 0xff)]! ^
      tables[1_280 + ((crc >>> 16) & 0xff)]! ^ tables[1_024 + (crc >>> 24)]! ^
      tables[768 + bytes[at + 4]!]! ^ tables[512 + bytes[at + 5]!]! ^
      tables[256 + bytes[at + 6]!]! ^ tables[bytes[at + 7]!]!
  }
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
  }
  return ~crc >>> 0
}
