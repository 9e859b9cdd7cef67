/** Reads and writes the cells of a table. The schema of a cell decides how its text is read. */
import * as AST from "effect/SchemaAST"
import type * as csv from "../../../protocol/payload/csv.ts"

/** What a cell can contain. `text` is any text. */
type Kind = "text" | "number" | "bigint" | "boolean" | "null" | "undefined"

/** The values that the encoded side of a schema accepts in a cell. */
export interface CellType {
  readonly kinds: ReadonlySet<Kind>
  /** The texts that are accepted if any text is not. */
  readonly texts: ReadonlySet<string>
  readonly patterns: ReadonlyArray<RegExp>
}

/** The value of a cell. An empty cell is `undefined` or `null`. */
export type Cell = string | number | bigint | boolean | null | undefined

const ofKind = (...kinds: ReadonlyArray<Kind>): CellType => ({ kinds: new Set(kinds), texts: new Set(), patterns: [] })

const ofText = (text: string): CellType => ({ ...ofKind(), texts: new Set([text]) })

export const textType: CellType = ofKind("text")

const union = (types: ReadonlyArray<CellType>): CellType => ({
  kinds: new Set(types.flatMap(({ kinds }) => [...kinds])),
  texts: new Set(types.flatMap(({ texts }) => [...texts])),
  patterns: types.flatMap(({ patterns }) => patterns)
})

/** Adds `undefined` to the values of an optional cell. */
export const withOptional = (type: CellType, isOptional: boolean): CellType =>
  isOptional ? union([type, ofKind("undefined")]) : type

const literalType = (literal: AST.LiteralValue): CellType => {
  if (literal === null) {
    return ofKind("null")
  }
  return typeof literal === "string" ? ofText(literal) : ofKind(typeof literal as Kind)
}

/** What the encoded side of a schema accepts. Everything but scalars is text. */
export const cellType = (ast: AST.AST): CellType => {
  switch (ast._tag) {
    case "NumberKeyword":
      return ofKind("number")
    case "BigIntKeyword":
      return ofKind("bigint")
    case "BooleanKeyword":
      return ofKind("boolean")
    case "UndefinedKeyword":
    case "VoidKeyword":
      return ofKind("undefined")
    case "TemplateLiteral":
      return { ...ofKind(), patterns: [AST.getTemplateLiteralRegExp(ast)] }
    case "Literal":
      return literalType(ast.literal)
    case "Enums":
      return union(ast.enums.map(([, value]) => literalType(value)))
    case "Union":
      return union(ast.types.map(cellType))
    case "Refinement":
      return cellType(ast.from)
    case "Suspend":
      return cellType(ast.f())
    default:
      return textType
  }
}

const acceptsText = ({ kinds, patterns, texts }: CellType, text: string): boolean =>
  kinds.has("text") || texts.has(text) || patterns.some((pattern) => pattern.test(text))

/** Whether an empty cell is a value. */
export const acceptsEmpty = (type: CellType): boolean =>
  acceptsText(type, "") || type.kinds.has("null") || type.kinds.has("undefined")

/** Whether an empty text and an empty cell without quotes are different values. */
export const distinguishesEmpty = (type: CellType): boolean =>
  acceptsText(type, "") && (type.kinds.has("null") || type.kinds.has("undefined"))

const numberPattern = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/

/** The limit of Python's `int`. The time to read an integer grows faster than its length. */
const integerPattern = /^\s*[+-]?\d{1,4300}\s*$/

const namedNumbers = new Map([
  ["nan", Number.NaN],
  ["inf", Infinity],
  ["+inf", Infinity],
  ["infinity", Infinity],
  ["+infinity", Infinity],
  ["-inf", -Infinity],
  ["-infinity", -Infinity]
])

/** The number of a text, in the notation of CSV, Python or C. */
const parseNumber = (text: string): number | undefined =>
  numberPattern.test(text) ? Number(text) : namedNumbers.get(text.trim().toLowerCase())

const parseInteger = (text: string): bigint | undefined => (integerPattern.test(text) ? BigInt(text.trim()) : undefined)

const booleans = new Map([["true", true], ["false", false]])

const parseBoolean = (text: string): boolean | undefined => booleans.get(text.trim().toLowerCase())

/** A large integer is a `bigint` if the schema accepts both. */
const parseNumeric = (text: string): number | bigint | undefined => {
  const number = parseNumber(text)
  return number === undefined || Number.isSafeInteger(number) ? number : parseInteger(text) ?? number
}

const numericParser = (kinds: ReadonlySet<Kind>): (text: string) => number | bigint | undefined => {
  if (!kinds.has("bigint")) {
    return kinds.has("number") ? parseNumber : () => undefined
  }
  return kinds.has("number") ? parseNumeric : parseInteger
}

const emptyValue = ({ kinds }: CellType): Cell => {
  if (kinds.has("undefined")) {
    return undefined
  }
  return kinds.has("null") ? null : ""
}

/**
 * Makes the function that reads a cell. A text that the schema accepts as text stays text. Text of another kind stays
 * text too, which the schema then rejects. A quoted empty cell is an empty text, unless the schema accepts no text.
 */
export const cellReader = (type: CellType): (cell: csv.Cell) => Cell => {
  const empty = emptyValue(type)
  const quotedEmpty = acceptsText(type, "") ? "" : empty
  const numeric = numericParser(type.kinds)
  const boolean = type.kinds.has("boolean") ? parseBoolean : () => undefined
  const isAlwaysText = type.kinds.has("text")
  const isNeverText = !isAlwaysText && type.texts.size === 0 && type.patterns.length === 0
  return (cell) => {
    if (cell === undefined) {
      return empty
    }
    if (cell === "") {
      return quotedEmpty
    }
    return isAlwaysText || (!isNeverText && acceptsText(type, cell)) ? cell : numeric(cell) ?? boolean(cell) ?? cell
  }
}

/** The text of a cell, `null` for an empty cell, `undefined` for a value that is not a scalar. */
export const writeCell = (value: unknown): string | null | undefined => {
  switch (typeof value) {
    case "string":
      return value
    case "number":
      return Object.is(value, -0) ? "-0" : String(value)
    case "boolean":
    case "bigint":
      return String(value)
    case "undefined":
      return null
    default:
      return value === null ? null : undefined
  }
}
