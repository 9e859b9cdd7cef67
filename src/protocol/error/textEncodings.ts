/** Decodes the encodings in which a server can repeat a text. */

const maxRounds = 3

const namedEntities = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", "\""], ["apos", "'"], ["nbsp", " "]])

const simpleEscapes = new Map([["n", "\n"], ["r", "\r"], ["t", "\t"], ["b", "\b"], ["f", "\f"]])

const characterOf = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "")

const escape = /%u([0-9a-f]{4})|\\(?:u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|x([0-9a-f]{2})|([0-3]?[0-7]{1,2})|(.))/gi

const decodeBackslashes = (text: string): string =>
  /[%\\]/.test(text)
    ? text.replace(
      escape,
      (_, percent?: string, unicode?: string, point?: string, hex?: string, octal?: string, simple = "") => {
        const digits = percent ?? unicode ?? point ?? hex
        if (digits !== undefined) {
          return characterOf(Number.parseInt(digits, 16))
        }
        return octal === undefined ? simpleEscapes.get(simple) ?? simple : characterOf(Number.parseInt(octal, 8))
      }
    )
    : text

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Bytes in percent-encoding, quoted-printable, and escapes of JavaScript, Python and C. */
const escapedBytes = /(?:(?:[%=]|\\x)[0-9a-f]{2}|\\[0-3][0-7]{2})+/gi

const byteOf = (escaped: string): number =>
  /^\\\d/.test(escaped) ? Number.parseInt(escaped.slice(1), 8) : Number.parseInt(escaped.slice(-2), 16)

const decodeBytes = (text: string): string =>
  text.replace(escapedBytes, (run) => {
    const bytes = Uint8Array.from(run.match(/[%=].{2}|\\.{3}/g) ?? [], byteOf)
    const decoded = utf8(bytes)
    return decoded.includes("\ufffd") ? Array.from(bytes, characterOf).join("") : decoded
  })

const entity = /&(?:#x0*([0-9a-f]{1,6})|#0*([0-9]{1,7})|([a-z]{2,6}));?/gi

const decodeEntities = (text: string): string =>
  text.includes("&")
    ? text.replace(entity, (whole, hex?: string, decimal?: string, name = "") => {
      const code = hex === undefined ? Number(decimal ?? NaN) : Number.parseInt(hex, 16)
      return Number.isNaN(code) ? namedEntities.get(name.toLowerCase()) ?? whole : characterOf(code)
    })
    : text

const decodeEscapes = (text: string): string => decodeEntities(decodeBackslashes(decodeBytes(text)))

const latin1 = (bytes: string): Uint8Array => Uint8Array.from(bytes, (character) => character.charCodeAt(0))

const decodeBase64 = (run: string): ReadonlyArray<string> => {
  const standard = run.replace(/-/g, "+").replace(/_/g, "/").replace(/=+$/, "")
  try {
    const bytes = atob(standard.slice(0, standard.length % 4 === 1 ? -1 : undefined))
    return [utf8(latin1(bytes)), bytes]
  } catch {
    return []
  }
}

const decodeHex = (digits: string): ReadonlyArray<string> => {
  const bytes = Uint8Array.from(
    { length: digits.length >> 1 },
    (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16)
  )
  return [utf8(bytes), new TextDecoder("latin1").decode(bytes)]
}

/** A run decoded from each of its first characters, because other text can precede the encoded text. */
const decodeAtOffsets = (decode: (run: string) => ReadonlyArray<string>, offsets: number) => (run: string) =>
  Array.from({ length: offsets }, (_, offset) => decode(run.slice(offset))).flat()

const runsOf = (pattern: RegExp, ...forms: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(forms.flatMap((form) => form.match(pattern) ?? []))
]

/** Fewer decimal numbers are no list of bytes. */
const minNumbers = 6

/** The decimal numbers of a text as bytes, as JSON writes a list of bytes. */
const decodeNumbers = (text: string): ReadonlyArray<string> => {
  const numbers = text.match(/\d+/g) ?? []
  return numbers.length < minNumbers ? [] : [utf8(Uint8Array.from(numbers, Number))]
}

/** Base64, hexadecimal digits and decimal numbers, decoded. They can be on several lines, or separated byte by byte. */
const decodeRuns = (text: string): ReadonlyArray<string> => {
  const joined = text.replace(/\s+/g, "")
  const bytes = joined.replace(/0x|\\x|[,:;.-]/gi, "")
  return runsOf(/[A-Za-z0-9+/_-]{8,}={0,2}/g, text, joined).flatMap(decodeAtOffsets(decodeBase64, 4))
    .concat(runsOf(/[0-9a-f]{12,}/gi, text, bytes).flatMap(decodeAtOffsets(decodeHex, 2)))
    .concat(decodeNumbers(text))
}

/** The text itself, and the text without escapes after each of some rounds. */
export const unescapedViews = (text: string, rounds: number): ReadonlyArray<string> => {
  const views = [text]
  for (let round = 0; round < rounds; round++) {
    const next = decodeEscapes(views.at(-1) ?? "")
    if (next === views.at(-1)) {
      break
    }
    views.push(next)
  }
  return views
}

/**
 * The text and its decoded forms: JSON and JavaScript escapes, percent-encoding, quoted-printable and HTML entities (up
 * to three times), Base64, hexadecimal digits and lists of decimal numbers.
 */
export const decodedViews = (text: string): ReadonlyArray<string> => {
  const views = unescapedViews(text, maxRounds)
  const decoded = views.flatMap(decodeRuns)
  return [...new Set([...views, ...decoded.flatMap((view) => unescapedViews(view, maxRounds))])]
}
