/** Decides whether a text of the service can be printed, or could repeat a part of the request. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { contains } from "../../protocol/bytes/contains.ts"
import { decodedViews, unescapedViews } from "../../protocol/error/textEncodings.ts"
import { commonWords } from "./commonWords.ts"

/** In bytes. A larger body is not compared, so no text counts as clean. */
export const maxComparedBytes = 64 * 1024

/** In characters. The rest of a longer text is not printed. */
const maxTextLength = 4_096

/** A text repeats a part of the request if this many letters and digits in a row are equal, without common words. */
const runLength = 8

/** The number of equal letters and digits in a row, if common words are compared, too. */
const longRunLength = 16

/** A text with more words of 8 characters, each of which could be Base64, does not count as clean. */
const maxLongWords = 128

/** In characters. A longer value usually has more than a few letters and digits. */
const maxShortLength = 1_024

/** A text with more numbers and quoted words does not count as clean. */
const maxValues = 64

/** In characters. Every header contains shorter texts. */
const minHeaderPart = 4

const nameHeaders = [
  "x-amzn-sagemaker-target-variant",
  "x-amzn-sagemaker-target-model",
  "x-amzn-sagemaker-target-container-hostname",
  "x-amzn-sagemaker-inference-component"
]

/** The form of AWS's request IDs, which need no comparison with decoded values. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The secret parts of an `authorization` header: the access key ID and the signature, or the whole value. A bearer token
 * is also compared in its decoded form, which contains both.
 */
const authorizationSecrets = (authorization: string): ReadonlyArray<string> =>
  /Credential=([^/]+)\/.*Signature=(\w+)/.exec(authorization)?.slice(1) ??
    decodedViews(authorization.replace(/^\S+ /, ""))

/** The values of one signed request that must not appear in an error. They are collected only if an error needs them. */
export class SentValues {
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #sensitiveHeaders: ReadonlyArray<string>
  readonly #sentBytes: (() => Uint8Array) | undefined

  /** `sentBytes` returns what has been sent of a body that is a stream. */
  constructor(
    request: HttpClientRequest.HttpClientRequest,
    sensitiveHeaders: ReadonlyArray<string> = [],
    sentBytes?: () => Uint8Array
  ) {
    this.#request = request
    this.#sensitiveHeaders = sensitiveHeaders
    this.#sentBytes = sentBytes
  }

  get body(): Uint8Array {
    const { body } = this.#request
    if (this.#sentBytes !== undefined) {
      return this.#sentBytes()
    }
    return body._tag === "Uint8Array" ? body.body : new Uint8Array()
  }

  /** Credentials and sensitive headers. */
  get secrets(): ReadonlyArray<string> {
    return [...authorizationSecrets(this.#request.headers["authorization"] ?? ""), ...this.#headerValues()]
  }

  /** Names of the request that the service quotes, such as the endpoint name. They are not secret. */
  get names(): ReadonlyArray<string> {
    const { headers, url } = this.#request
    const path = url.replace(/^\w+:\/\/[^/]*/, "")
    return [...path.split(/[/?]/), ...nameHeaders.flatMap((name) => headers[name] ?? [])]
  }

  /** Whether a short text is a part of the body or of a secret. */
  contain(text: string): boolean {
    const lowerCase = text.toLowerCase()
    const isInHeader = (value: string): boolean =>
      text.length >= minHeaderPart && value.toLowerCase().includes(lowerCase)
    return contains(this.body, lowerCase) ||
      isInHeader(this.#request.headers["authorization"] ?? "") ||
      (uuid.test(text) ? this.#headerValues() : this.secrets).some(isInHeader)
  }

  #headerValues(): ReadonlyArray<string> {
    const { headers } = this.#request
    return ["x-amz-security-token", ...this.#sensitiveHeaders].flatMap((name) => headers[name.toLowerCase()] ?? [])
  }
}

/* eslint-disable no-control-regex */
const ascii = /^[\u0000-\u007f]*$/

const otherCharacters = /[^\p{L}\p{N}\u0000-\u007f]+/gu
/* eslint-enable no-control-regex */

/** Lower case, without accents and compatibility forms. Other characters than letters and digits become spaces. */
const normalized = (text: string): string =>
  ascii.test(text)
    ? text.toLowerCase()
    : text.normalize("NFKD").replace(/\p{M}+/gu, "").replace(otherCharacters, " ").toUpperCase().toLowerCase()

const isWordCode = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code >= 0x80

/** Runs of letters and digits. After `normalized` all characters beyond ASCII are letters or digits. */
const words = (text: string): ReadonlyArray<string> => normalized(text).match(/[a-z0-9\u0080-\uffff]+/g) ?? []

const lettersAndDigits = (text: string): string => words(text).join("")

/** The parts of a text between common words and names. */
const unusualParts = (text: string, names: ReadonlySet<string>): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let part = ""
  for (const word of words(text)) {
    const isKnown = word.length > 1 && (commonWords.has(word) || names.has(word))
    if (isKnown) {
      parts.push(part)
    }
    part = isKnown ? "" : part + word
  }
  return [...parts, part].filter(({ length }) => length >= runLength)
}

const multiplier = 0x01000193

/** All runs of `length` letters and digits of some parts. Their hashes make a search linear. */
class Runs {
  readonly #length: number
  readonly #removedFactor: number
  readonly #runs = new Set<string>()
  readonly #hashes = new Uint8Array(2 ** 16)

  constructor(length: number, parts: ReadonlyArray<string>) {
    this.#length = length
    this.#removedFactor = Array.from({ length: length - 1 }).reduce<number>((_) => Math.imul(_, multiplier), 1)
    for (const part of parts) {
      for (let at = 0; at + length <= part.length; at++) {
        this.#add(part.slice(at, at + length))
      }
    }
  }

  #add(run: string): void {
    let hash = 0
    for (let index = 0; index < run.length; index++) {
      hash = (Math.imul(hash, multiplier) + run.charCodeAt(index)) | 0
    }
    this.#runs.add(run)
    this.#hashes[hash & 0xffff] = 1
  }

  /** Whether the letters and digits of `text`, which is in lower case, contain a run. */
  occurIn(text: string): boolean {
    const recent = new Uint16Array(this.#length)
    let count = 0
    let hash = 0
    for (let at = 0; at < text.length && this.#runs.size > 0; at++) {
      const code = text.charCodeAt(at)
      if (isWordCode(code)) {
        const slot = count % this.#length
        hash = (Math.imul(hash - Math.imul(recent[slot] ?? 0, this.#removedFactor), multiplier) + code) | 0
        recent[slot] = code
        count += 1
        if (count >= this.#length && this.#hashes[hash & 0xffff] === 1) {
          const start = count % this.#length
          const run = String.fromCharCode(...recent.subarray(start), ...recent.subarray(0, start))
          if (this.#runs.has(run)) {
            return true
          }
        }
      }
    }
    return false
  }
}

/** Quoted words and words with digits are likely to be values, so they are compared even if they are short. */
const likelyValues = (text: string, names: ReadonlySet<string>): ReadonlyArray<string> =>
  [...text.matchAll(/["'`]([^"'`]{1,64})["'`]/g)].flatMap(([, quoted = ""]) => words(quoted))
    .concat(words(text).filter((word) => /[0-9]/.test(word)))
    .filter((value) => value.length >= 2 && !names.has(value) && !commonWords.has(value))

const isWholeWord = (text: string, start: number, length: number): boolean =>
  !isWordCode(text.charCodeAt(start - 1)) && !isWordCode(text.charCodeAt(start + length))

/** Whether `text`, which is in lower case, contains a word. */
const hasWord = (text: string, word: string): boolean => {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    if (isWholeWord(text, at, word.length)) {
      return true
    }
  }
  return false
}

/** A text without white space, backslashes and accents, for values of few letters and digits. */
const compact = (text: string): string => text.normalize("NFKD").toLowerCase().replace(/[\s\\\p{M}]+/gu, "")

/** Whether a view contains a value that has almost only punctuation or symbols. */
const hasSymbols = (views: ReadonlyArray<string>, value: string): boolean => {
  const whole = compact(value)
  return whole.length >= 4 && views.some((view) => compact(view).includes(whole))
}

const bodyTexts = (body: Uint8Array): ReadonlyArray<string> => {
  try {
    return [new TextDecoder("utf-8", { fatal: true }).decode(body)]
  } catch {
    return [new TextDecoder().decode(body), new TextDecoder("latin1").decode(body)]
  }
}

/** Whether no part of the request is recognised in a text. */
const isClean = (text: string, { body, names, secrets }: SentValues): boolean => {
  const longWords = text.match(/[\w+/-]{8,}/g) ?? []
  if (body.byteLength > maxComparedBytes || longWords.length > maxLongWords) {
    return false
  }
  const nameWords = new Set(names.flatMap(words).filter(({ length }) => length > 2))
  const views = decodedViews(text)
  const runs = [
    new Runs(runLength, views.flatMap((view) => unusualParts(view, nameWords))),
    new Runs(longRunLength, views.map((view) => words(view).filter((word) => !nameWords.has(word)).join("")))
  ]
  const values = new Set(views.flatMap((view) => likelyValues(view, nameWords)))
  const joined = views.map(lettersAndDigits)
  const plain = [...bodyTexts(body), ...secrets].flatMap((secret) => unescapedViews(secret, 1))
  const sent = plain.map(normalized)
  const symbols = plain.filter((_) => _.length <= maxShortLength && lettersAndDigits(_).length < 4)
  return values.size <= maxValues && !symbols.some((value) => hasSymbols(views, value)) && !sent.some((secret) => {
    const short = secret.length <= maxShortLength ? lettersAndDigits(secret) : ""
    return runs.some((all) => all.occurIn(secret)) ||
      (short.length >= 4 && short.length < runLength && !commonWords.has(short) &&
        joined.some((view) => view.includes(short))) ||
      [...values].some((value) => hasWord(secret, value))
  })
}

/** ANSI escape sequences, such as colours. They are removed, so that they do not split a repeated value. */
// eslint-disable-next-line no-control-regex
const escapeSequences = /\u001b\[[\d;]*[A-Za-z]/g

/** Line breaks, control characters and characters that change the direction of text. */
const controlCharacters = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/** The text on one line, or `undefined` if it could repeat a part of the request. */
export const printableText = (text: string, sent: SentValues): string | undefined => {
  const line = text.slice(0, maxTextLength).replace(escapeSequences, "").replace(controlCharacters, " ").trim()
  return isClean(line, sent) ? line : undefined
}

/** Whether a whole text can be printed. A text that is too long to be compared cannot. */
export const isPrintable = (text: string, sent: SentValues): boolean =>
  text.length <= maxTextLength && printableText(text, sent) !== undefined

/**
 * An identifier of the service, or `undefined` if it does not have AWS's form or is a part of the request.
 *
 * An identifier that is no UUID is also compared in other forms, if the body is small enough.
 */
export const printableIdentifier = (identifier: string | undefined, sent: SentValues): string | undefined => {
  if (identifier === undefined || !/^[\w.-]{1,128}$/.test(identifier) || sent.contain(identifier)) {
    return undefined
  }
  const isCompared = !uuid.test(identifier) && sent.body.byteLength <= maxComparedBytes
  return isCompared && !isClean(identifier, sent) ? undefined : identifier
}
