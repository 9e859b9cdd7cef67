/** Decodes the encodings in which a server can repeat a text. */

const maxRounds = 3

const namedEntities = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", "\""], ["apos", "'"], ["nbsp", " "]])

const simpleEscapes = new Map([["n", "\n"], ["r", "\r"], ["t", "\t"], ["b", "\b"], ["f", "\f"]])

const characterOf = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "")

const decodeBackslashes = (text: string): string =>
  text.includes("\\")
    ? text.replace(
      /\\(?:u\{?([0-9a-f]{4,6})\}?|x([0-9a-f]{2})|(.))/gi,
      (_, unicode?: string, hex?: string, simple = "") => {
        const code = unicode ?? hex
        return code === undefined ? simpleEscapes.get(simple) ?? simple : characterOf(Number.parseInt(code, 16))
      }
    )
    : text

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const decodePercent = (text: string): string =>
  text.includes("%")
    ? text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      utf8(Uint8Array.from(run.slice(1).split("%"), (byte) => Number.parseInt(byte, 16))))
    : text

const decodeEntities = (text: string): string =>
  text.includes("&")
    ? text.replace(
      /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,6}));/gi,
      (whole, hex?: string, decimal?: string, name = "") => {
        const code = hex === undefined ? Number(decimal ?? NaN) : Number.parseInt(hex, 16)
        return Number.isNaN(code) ? namedEntities.get(name.toLowerCase()) ?? whole : characterOf(code)
      }
    )
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

const decodeHex = (run: string): ReadonlyArray<string> => {
  const digits = run.replace(/[^0-9a-f]/gi, "")
  const bytes = Uint8Array.from(
    { length: digits.length >> 1 },
    (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16)
  )
  return [utf8(bytes), new TextDecoder("latin1").decode(bytes)]
}

/** Runs of Base64 and hexadecimal digits, decoded. */
const decodeRuns = (text: string): ReadonlyArray<string> => {
  const joined = text.replace(/\s+/g, "")
  const runsOf = (pattern: RegExp): ReadonlyArray<string> => [text, joined].flatMap((form) => form.match(pattern) ?? [])
  return runsOf(/[A-Za-z0-9+/_-]{8,}={0,2}/g).flatMap(decodeBase64)
    .concat(runsOf(/(?:[0-9a-f]{2}[:,-]?){6,}/gi).flatMap(decodeHex))
}

/** The text itself, and the text without escapes. */
export const unescapedViews = (text: string): ReadonlyArray<string> => {
  const views = [text]
  for (let round = 0; round < maxRounds; round++) {
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
  const views = unescapedViews(text)
  const decoded = views.flatMap(decodeRuns)
  return [...new Set([...views, ...decoded.flatMap(unescapedViews)])]
}
