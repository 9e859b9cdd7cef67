/** Brain floating-point numbers: the upper 16 bits of a single-precision number. */

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

/** The number that 16 bits encode. */
export const toNumber = (half: number): number => {
  bits[0] = half << 16
  return single[0]!
}

/** The 16 bits that encode the nearest number; a tie rounds to even. */
export const fromNumber = (value: number): number => {
  if (Number.isNaN(value)) {
    return 0x7fc0
  }
  single[0] = value
  const pattern = bits[0]!
  return ((pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16) & 0xffff
}
