/** Base64 (RFC 4648), in JavaScript or with the functions of `Uint8Array` where the runtime has them. */

/** The length of the text without its padding, or `undefined` if the length or the padding is invalid. */
export const unpaddedLength = (text: string): number | undefined => {
  let end = text.length
  while (end > 0 && text.length - end < 3 && text.charCodeAt(end - 1) === 0x3d) {
    end -= 1
  }
  const padding = text.length - end
  return end % 4 !== 1 && (padding === 0 || (padding < 3 && (end + padding) % 4 === 0)) ? end : undefined
}

/** The number of bytes that a number of digits encodes. */
export const decodedLength = (digits: number): number => Math.floor(digits / 4) * 3 + ((digits % 4) * 3 >> 2)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** A bit that no value of a digit has. */
const invalid = 0x40

/** The value of each character code below 256. Both alphabets are included. */
const makeValues = (): Uint8Array => {
  const values = new Uint8Array(256).fill(invalid)
  for (let value = 0; value < 64; value++) {
    values[alphabet.charCodeAt(value)] = value
  }
  values[0x2d] = 62
  values[0x5f] = 63
  return values
}

const values = makeValues()

const valueAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at)
  return code < 256 ? values[code]! : invalid
}

/** Decodes digits. The last group can have 2 or 3 digits. */
const decodeDigits = (text: string, digits: number): Uint8Array | undefined => {
  const out = new Uint8Array(decodedLength(digits))
  let seen = 0
  let to = 0
  const whole = digits - digits % 4
  for (let at = 0; at < whole; at += 4) {
    const [a, b, c, d] = [valueAt(text, at), valueAt(text, at + 1), valueAt(text, at + 2), valueAt(text, at + 3)]
    seen |= a | b | c | d
    out[to] = a << 2 | b >> 4
    out[to + 1] = b << 4 | c >> 2
    out[to + 2] = c << 6 | d
    to += 3
  }
  if (whole < digits) {
    const [a, b, c] = [
      valueAt(text, whole),
      valueAt(text, whole + 1),
      whole + 2 < digits ? valueAt(text, whole + 2) : 0
    ]
    seen |= a | b | c
    out[to] = a << 2 | b >> 4
    if (to + 1 < out.length) {
      out[to + 1] = b << 4 | c >> 2
    }
  }
  return (seen & invalid) === 0 ? out : undefined
}

interface NativeBase64 {
  readonly fromBase64?: (text: string, options: { readonly alphabet: "base64" | "base64url" }) => Uint8Array
}

interface NativeBytes {
  readonly toBase64?: () => string
}

/** Decodes text in either alphabet, with or without padding. Returns `undefined` if the text is invalid. */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const digits = unpaddedLength(text)
  if (digits === undefined) {
    return undefined
  }
  const { fromBase64 } = Uint8Array as NativeBase64
  const isUrlSafe = text.includes("-") || text.includes("_")
  if (fromBase64 === undefined || (isUrlSafe && (text.includes("+") || text.includes("/")))) {
    return decodeDigits(text, digits)
  }
  try {
    const bytes = fromBase64(text, { alphabet: isUrlSafe ? "base64url" : "base64" })
    return bytes.length === decodedLength(digits) ? bytes : undefined
  } catch {
    return undefined
  }
}

const encodeDigits = (bytes: Uint8Array): string => {
  const digits = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  const codes = new TextEncoder().encode(alphabet)
  let to = 0
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b, c] = [bytes[at]!, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0]
    digits[to] = codes[a >> 2]!
    digits[to + 1] = codes[(a & 3) << 4 | b >> 4]!
    digits[to + 2] = codes[(b & 15) << 2 | c >> 6]!
    digits[to + 3] = codes[c & 63]!
    to += 4
  }
  const missing = (3 - bytes.length % 3) % 3
  digits.fill(0x3d, digits.length - missing)
  return new TextDecoder().decode(digits)
}

/** Encodes bytes in the standard alphabet, with padding. */
export const encodeBase64 = (bytes: Uint8Array): string => (bytes as NativeBytes).toBase64?.() ?? encodeDigits(bytes)
