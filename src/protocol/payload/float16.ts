/** Half-precision numbers (IEEE 754 binary16), which JavaScript's typed arrays lack on Node 20. */

const exponentBias = 15
const smallest = 2 ** -24

/** The number these 16 bits mean. */
export const toNumber = (bits: number): number => {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  return exponent === 0x1f
    ? (fraction === 0 ? sign * Infinity : Number.NaN)
    : sign * (exponent === 0 ? fraction * smallest : (1 + fraction / 1024) * 2 ** (exponent - exponentBias))
}

/** To the nearest whole number, halves to the even one. */
const toEven = (value: number): number => {
  const below = Math.floor(value)
  const beyond = value - below
  return beyond > 0.5 || (beyond === 0.5 && below % 2 === 1) ? below + 1 : below
}

/** The 16 bits nearest to a number. */
export const fromNumber = (value: number): number => {
  if (Number.isNaN(value)) {
    return 0x7e00
  }
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size >= 65_520) {
    return sign | 0x7c00
  }
  const exponent = Math.max(-14, Math.floor(Math.log2(size)))
  const steps = toEven(size / 2 ** (exponent - 10))
  return size < 2 ** -14
    ? sign | toEven(size / smallest)
    : sign | (((exponent + exponentBias) << 10) + (steps - 1024))
}
