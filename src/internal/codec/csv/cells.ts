/** Reads and writes the cells of a table. The kinds of a column decide how the text of a cell is read. */
import type * as AST from "effect/SchemaAST"

/** What a cell can contain. */
export type Kind = "string" | "number" | "boolean" | "null" | "undefined" | "any"

/** The value of a cell. An empty cell is `undefined` or `null`. */
export type Cell = string | number | boolean | null | undefined

const literalKind = (literal: AST.LiteralValue): Kind => {
  if (literal === null) {
    return "null"
  }
  return typeof literal === "number" || typeof literal === "boolean" ? typeof literal as Kind : "string"
}

/** What the encoded side of a schema can contain. Everything but scalars is `any`. */
export const kindsOf = (ast: AST.AST): ReadonlySet<Kind> => {
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
      return new Set(["string"])
    case "NumberKeyword":
      return new Set(["number"])
    case "BooleanKeyword":
      return new Set(["boolean"])
    case "UndefinedKeyword":
    case "VoidKeyword":
      return new Set(["undefined"])
    case "Literal":
      return new Set([literalKind(ast.literal)])
    case "Enums":
      return new Set(ast.enums.map(([, value]) => typeof value as Kind))
    case "Union":
      return new Set(ast.types.flatMap((member) => Array.from(kindsOf(member))))
    case "Refinement":
      return kindsOf(ast.from)
    case "Suspend":
      return kindsOf(ast.f())
    default:
      return new Set(["any"])
  }
}

const numberPattern = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

const namedNumbers = new Map([
  ["nan", Number.NaN],
  ["inf", Infinity],
  ["+inf", Infinity],
  ["infinity", Infinity],
  ["+infinity", Infinity],
  ["-inf", -Infinity],
  ["-infinity", -Infinity]
])

const parseNumber = (text: string): number | undefined =>
  numberPattern.test(text) ? Number(text) : namedNumbers.get(text.trim().toLowerCase())

const booleans = new Map([["true", true], ["false", false]])

/** The value of a cell. Text of another kind stays a string, which the schema then rejects. */
export const readCell = (text: string, kinds: ReadonlySet<Kind>): Cell => {
  if (text === "" && kinds.has("undefined")) {
    return undefined
  }
  if (text === "" && kinds.has("null")) {
    return null
  }
  const number = kinds.has("number") || kinds.has("any") ? parseNumber(text) : undefined
  const boolean = kinds.has("boolean") || kinds.has("any") ? booleans.get(text.trim().toLowerCase()) : undefined
  return number ?? boolean ?? text
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
