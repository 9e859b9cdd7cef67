/** Decodes the encodings in which a server can repeat a text. */

const maxRounds = 3

const namedEntities = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", "\""], ["apos", "'"], ["nbsp", " "]])

const simpleEscapes = new Map([["n", "\n"], ["r", "\r"], ["t", "\t"], ["b", "\b"], ["f", "\f"]])

const characterOf = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "")

const escape = /\\(?:u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|x([0-9a-f]{2})|([0-3]?[0-7]{1,2})|(.))/gi

const decodeBackslashes = (text: string): string =>
  text.includes("\\")
    ? text.replace(escape, (_, unicode?: string, point?: string, hex?: string, octal?: string, simple = "") => {
      const digits = unicode ?? point ?? hex
      if (digits !== undefined) {
        return characterOf(Number.parseInt(digits, 16))
      }
      return octal === undefined ? simpleEscapes.get(simple) ?? simple : characterOf(Number.parseInt(octal, 8))
    })
    : text

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const decodePercent = (text: string): string =>
  text.includes("%")
    ? text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      utf8(Uint8Array.from(run.slice(1).split("%"), (byte) => Number.parseInt(byte, 16))))
    : text

const entity = /&(?:#x0*([0-9a-f]{1,6})|#0*([0-9]{1,7})|([a-z]{2,6}));?/gi

const decodeEntities = (text: string): string =>
  text.includes("&")
    ? text.replace(entity, (whole, hex?: string, decimal?: string, name = "") => {
      const code = hex === undefined ? Number(decimal ?? NaN) : Number.parseInt(hex, 16)
      return Number.isNaN(code) ? namedEntities.get(name.toLowerCase()) ?? whole : characterOf(code)
    })
    : text

const decodeEscapes = (text: string): string => decodeEntities(decodePercent(decodeBackslashes(text)))

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

/** Runs of Base64 and hexadecimal digits, decoded. They can be on several lines, or separated byte by byte. */
const decodeRuns = (text: string): ReadonlyArray<string> => {
  const joined = text.replace(/\s+/g, "")
  const bytes = joined.replace(/0x|\\x|[,:;-]/gi, "")
  return runsOf(/[A-Za-z0-9+/_-]{8,}={0,2}/g, text, joined).flatMap(decodeAtOffsets(decodeBase64, 4))
    .concat(runsOf(/[0-9a-f]{12,}/gi, text, bytes).flatMap(decodeAtOffsets(decodeHex, 2)))
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
 * The text and its decoded forms: JSON and JavaScript escapes, percent-encoding and HTML entities (up to three times),
 * Base64 and hexadecimal digits.
 */
export const decodedViews = (text: string): ReadonlyArray<string> => {
  const views = unescapedViews(text, maxRounds)
  const decoded = views.flatMap(decodeRuns)
  return [...new Set([...views, ...decoded.flatMap((view) => unescapedViews(view, maxRounds))])]
}
