import { concat } from "./bytes.ts"

const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Text that became whole with a chunk, the bytes of a character that has not come whole, and whether what follows is no UTF-8. */
export interface Step {
  readonly text: string
  readonly rest: Uint8Array
  readonly isInvalid: boolean
}

/** UTF-8 as text; bytes that are none give `undefined`. */
export const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return fatal.decode(bytes)
  } catch {
    return undefined
  }
}

const lengthOf = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1)

/** How many bytes at the end begin a character that goes on after them. */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.byteLength); back += 1) {
    const byte = bytes[bytes.byteLength - back]!
    if ((byte & 0xc0) !== 0x80) {
      return lengthOf(byte) > back ? back : 0
    }
  }
  return 0
}

const isSound = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** The text before the first byte that is out of place. */
const soundText = (bytes: Uint8Array): string => {
  let sound = 0
  let unsound = bytes.byteLength
  while (unsound - sound > 1) {
    const middle = (sound + unsound) >> 1
    if (isSound(bytes.subarray(0, middle))) {
      sound = middle
    } else {
      unsound = middle
    }
  }
  const prefix = bytes.subarray(0, sound)
  return fatal.decode(prefix.subarray(0, prefix.byteLength - unfinished(prefix)))
}

/** Takes the next bytes after the `rest` of those before. */
export const step = (rest: Uint8Array, chunk: Uint8Array): Step => {
  const bytes = rest.byteLength === 0 ? chunk : concat([rest, chunk])
  const whole = bytes.byteLength - unfinished(bytes)
  const text = decode(bytes.subarray(0, whole))
  return text === undefined
    ? { text: soundText(bytes), rest: bytes, isInvalid: true }
    : { text, rest: bytes.slice(whole), isInvalid: false }
}
