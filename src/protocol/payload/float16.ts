/** Half-precision numbers (IEEE 754 binary16). Node 20 has no `Float16Array`. */

const exponentBias = 15
const smallestSubnormal = 2 ** -24

/** The number that 16 bits encode. */
export const toNumber = (bits: number): number => {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) {
    return fraction === 0 ? sign * Infinity : Number.NaN
  }
  const magnitude = exponent === 0
    ? fraction * smallestSubnormal
    : (1 + fraction / 1024) * 2 ** (exponent - exponentBias)
  return sign * magnitude
}

/** Rounds to the nearest integer, and a half to the nearest even integer. */
const roundHalfToEven = (value: number): number => {
  const floor = Math.floor(value)
  const fraction = value - floor
  return fraction > 0.5 || (fraction === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

/** The 16 bits that encode the nearest half-precision number. */
export const fromNumber = (value: number): number => {
  if (Number.isNaN(value)) {
    return 0x7e00
  }
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65_520) {
    return sign | 0x7c00
  }
  if (magnitude < 2 ** -14) {
    return sign | roundHalfToEven(magnitude / smallestSubnormal)
  }
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)))
  const significand = roundHalfToEven(magnitude / 2 ** (exponent - 10))
  return sign | (((exponent + exponentBias) << 10) + (significand - 1024))
}
