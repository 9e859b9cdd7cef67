/**
 * Reads JSON with the numbers that `JSON.parse` rejects or rounds, and finds where a text is invalid.
 *
 * It is slower than `JSON.parse`, so it reads only texts with which `JSON.parse` fails, and texts with large integers.
 */
import { endOfString, maxJsonDepth } from "./parse.ts"

export interface JsonNumbers {
  /** Whether `NaN`, `Infinity` and `-Infinity` are numbers. */
  readonly nonFinite: boolean
  /** Whether an integer beyond 2^53 is a `bigint`, or the nearest number. */
  readonly largeIntegers: "round" | "bigint"
}

/** Why a text is invalid JSON, and where. */
export class JsonSyntaxError extends SyntaxError {
  override readonly name = "JsonSyntaxError"
  readonly position: number
  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

interface Cursor extends JsonNumbers {
  readonly text: string
  at: number
}

const fail = ({ at, text }: Cursor, reason?: string): never => {
  throw new JsonSyntaxError(reason ?? (at >= text.length ? "unexpected end" : "unexpected character"), at)
}

const skipWhitespace = (cursor: Cursor): void => {
  for (;; cursor.at += 1) {
    const code = cursor.text.charCodeAt(cursor.at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
      return
    }
  }
}

/** Skips a character, after white space. */
const skip = (cursor: Cursor, character: string): boolean => {
  skipWhitespace(cursor)
  const isNext = cursor.text[cursor.at] === character
  cursor.at += isNext ? 1 : 0
  return isNext
}

/** Characters that a string can have only after a backslash, and others that are rare. */
const special = /[\\\p{Cc}]/u

const readString = (cursor: Cursor): string => {
  const { at, text } = cursor
  const end = endOfString(text, at + 1)
  if (end === text.length) {
    cursor.at = end
    return fail(cursor)
  }
  const content = text.slice(at + 1, end)
  if (!special.test(content)) {
    cursor.at = end + 1
    return content
  }
  try {
    const value = JSON.parse(text.slice(at, end + 1)) as string
    cursor.at = end + 1
    return value
  } catch {
    return fail(cursor, "invalid string")
  }
}

const numberPattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y

/** The limit of Python's `int`. The time to read an integer grows faster than its length. */
const maxIntegerLength = 4_300

const readNumber = (cursor: Cursor): number | bigint => {
  numberPattern.lastIndex = cursor.at
  const [literal, fraction, exponent] = numberPattern.exec(cursor.text) ?? fail(cursor)
  const number = Number(literal)
  const isLarge = fraction === undefined && exponent === undefined && !Number.isSafeInteger(number)
  if (isLarge && cursor.largeIntegers === "bigint" && literal.length > maxIntegerLength) {
    return fail(cursor, `an integer has more than ${maxIntegerLength} digits`)
  }
  cursor.at += literal.length
  return isLarge && cursor.largeIntegers === "bigint" ? BigInt(literal) : number
}

const words: ReadonlyArray<readonly [word: string, value: unknown]> = [["true", true], ["false", false], ["null", null]]

const nonFiniteWords: typeof words = [["NaN", Number.NaN], ["Infinity", Infinity], ["-Infinity", -Infinity]]

const readWord = (cursor: Cursor): unknown => {
  const { at, text } = cursor
  const isNext = ([word]: readonly [string, unknown]) => text.startsWith(word, at)
  const nonFinite = nonFiniteWords.find(isNext)
  if (nonFinite !== undefined && !cursor.nonFinite) {
    return fail(cursor, "NaN and Infinity require the option nonFinite")
  }
  const found = nonFinite ?? words.find(isNext)
  if (found === undefined) {
    return readNumber(cursor)
  }
  cursor.at += found[0].length
  return found[1]
}

/** An assignment to `__proto__` would change the prototype. */
const setMember = (object: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[name] = value
  }
}

const readName = (cursor: Cursor): string => {
  skipWhitespace(cursor)
  return cursor.text[cursor.at] === "\"" ? readString(cursor) : fail(cursor)
}

const readObject = (cursor: Cursor, depth: number): unknown => {
  const object: Record<string, unknown> = {}
  cursor.at += 1
  if (skip(cursor, "}")) {
    return object
  }
  do {
    const name = readName(cursor)
    if (!skip(cursor, ":")) {
      return fail(cursor)
    }
    setMember(object, name, readValue(cursor, depth))
  } while (skip(cursor, ","))
  return skip(cursor, "}") ? object : fail(cursor)
}

const readArray = (cursor: Cursor, depth: number): unknown => {
  const array: Array<unknown> = []
  cursor.at += 1
  if (skip(cursor, "]")) {
    return array
  }
  do {
    array.push(readValue(cursor, depth))
  } while (skip(cursor, ","))
  return skip(cursor, "]") ? array : fail(cursor)
}

const readValue = (cursor: Cursor, depth: number): unknown => {
  skipWhitespace(cursor)
  const character = cursor.text[cursor.at]
  if (character === "\"") {
    return readString(cursor)
  }
  if (character !== "{" && character !== "[") {
    return readWord(cursor)
  }
  if (depth === maxJsonDepth) {
    return fail(cursor, `nested more than ${maxJsonDepth} levels deep`)
  }
  return character === "{" ? readObject(cursor, depth + 1) : readArray(cursor, depth + 1)
}

/** The value of a JSON text. Throws `JsonSyntaxError` for an invalid one. */
export const readJson = (text: string, { largeIntegers, nonFinite }: JsonNumbers): unknown => {
  const cursor: Cursor = { text, at: 0, largeIntegers, nonFinite }
  const value = readValue(cursor, 0)
  skipWhitespace(cursor)
  return cursor.at === text.length ? value : fail(cursor)
}
