/** Tables of a schema's encoded side as CSV. The text is papaparse's work; what a row is, the schema's. */
import { papaparse } from "#papaparse"
import * as Either from "effect/Either"
import * as AST from "effect/SchemaAST"
import { type Cell, type Kind, kindsOf, readCell, writeCell } from "./csvCells.ts"

/** How a table is written and read. */
export interface Format {
  readonly header: boolean
  readonly delimiter: "," | ";" | "\t" | "|"
}

type Kinds = ReadonlySet<Kind>

/** What one row holds: named cells, cells in order, or a cell alone. */
type Row =
  | { readonly _tag: "Struct"; readonly columns: ReadonlyArray<readonly [string, Kinds]>; readonly others?: Kinds }
  | { readonly _tag: "Tuple"; readonly cells: ReadonlyArray<Kinds>; readonly rest?: Kinds }
  | { readonly _tag: "Cell"; readonly kinds: Kinds }

/** What a schema's values are as a table. */
export interface Table {
  readonly row: Row
  readonly isMany: boolean
}

const inner = (ast: AST.AST): AST.AST =>
  AST.isRefinement(ast) ? inner(ast.from) : AST.isSuspend(ast) ? inner(ast.f()) : ast

const optional = (kinds: Kinds, isOptional: boolean): Kinds => (isOptional ? new Set([...kinds, "undefined"]) : kinds)

const rowOf = (ast: AST.AST): Row => {
  if (AST.isTypeLiteral(ast)) {
    const [others] = ast.indexSignatures
    return {
      _tag: "Struct",
      columns: ast.propertySignatures.map(({ isOptional, name, type }) =>
        [String(name), optional(kindsOf(type), isOptional)] as const
      ),
      ...(others === undefined ? {} : { others: kindsOf(others.type) })
    }
  }
  if (AST.isTupleType(ast)) {
    const [rest] = ast.rest
    return {
      _tag: "Tuple",
      cells: ast.elements.map(({ isOptional, type }) => optional(kindsOf(type), isOptional)),
      ...(rest === undefined ? {} : { rest: kindsOf(rest.type) })
    }
  }
  return { _tag: "Cell", kinds: kindsOf(ast) }
}

/** A list of structs, tuples or lists is many rows; anything else is one. */
export const tableOf = (ast: AST.AST): Table => {
  const encoded = inner(AST.encodedAST(ast))
  const [first] = AST.isTupleType(encoded) ? [...encoded.elements, ...encoded.rest] : []
  const element = first === undefined ? undefined : inner(first.type)
  return element !== undefined && (AST.isTypeLiteral(element) || AST.isTupleType(element))
    ? { row: rowOf(element), isMany: true }
    : { row: rowOf(encoded), isMany: false }
}

const widthOf = (row: Row): number =>
  row._tag === "Cell" ? 1 : row._tag === "Struct" ? row.columns.length : row.cells.length

const valuesOf = (row: Row, names: ReadonlyArray<string>, value: unknown): ReadonlyArray<unknown> =>
  row._tag === "Struct"
    ? names.map((name) => Reflect.get(Object(value), name))
    : row._tag === "Tuple"
    ? value as ReadonlyArray<unknown>
    : [value]

const namesOf = (row: Row, values: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  row._tag !== "Struct"
    ? []
    : row.others === undefined
    ? row.columns.map(([name]) => name)
    : [...new Set([...row.columns.map(([name]) => name), ...Object.keys(Object(values[0]))])]

/** The empty text is quoted, so that it is another thing than nothing; so is text that begins as a file may. */
const isQuoted = (cell: string | null): boolean => cell === "" || cell?.startsWith("\ufeff") === true

/** A line of one empty cell is written as one of empty text, which is no blank line. */
const written = (cells: ReadonlyArray<string | null>): ReadonlyArray<string | null> =>
  cells.length === 1 && cells[0] === null ? [""] : cells

/** The text of a table, or what keeps it from having one. */
export const write = ({ isMany, row }: Table, value: unknown, format: Format): Either.Either<string, string> => {
  const values = isMany ? value as ReadonlyArray<unknown> : [value]
  const names = namesOf(row, values)
  if (format.header && row._tag !== "Struct") {
    return Either.left("only named cells can have a header")
  }
  const lines: Array<ReadonlyArray<string | null>> = format.header ? [names] : []
  for (const [at, rowValue] of values.entries()) {
    const cells = valuesOf(row, names, rowValue).map(writeCell)
    if (cells.length === 0) {
      return Either.left(`row ${at + 1} has no cells`)
    }
    const wrong = cells.indexOf(undefined)
    if (wrong !== -1) {
      return Either.left(`cell ${wrong + 1} of row ${at + 1} is more than a text, a number or a boolean`)
    }
    lines.push(written(cells as ReadonlyArray<string | null>))
  }
  const { delimiter } = format
  return Either.right(
    papaparse().unparse(lines as Array<Array<string>>, { delimiter, newline: "\n", quotes: isQuoted })
  )
}

const isBlank = (line: ReadonlyArray<string>): boolean => line.length === 1 && line[0] === ""

const structOf = (
  { columns, others }: Extract<Row, { _tag: "Struct" }>,
  names: ReadonlyArray<string>,
  line: ReadonlyArray<string>
): { readonly [name: string]: Cell } => {
  const kinds = new Map(columns)
  const entries = names.flatMap((name, at): ReadonlyArray<readonly [string, Cell]> => {
    const kind = kinds.get(name) ?? others
    const cell = kind === undefined ? undefined : readCell(line[at]!, kind)
    return cell === undefined ? [] : [[name, cell]]
  })
  return Object.fromEntries(entries)
}

const tupleOf = (
  { cells, rest }: Extract<Row, { _tag: "Tuple" }>,
  line: ReadonlyArray<string>
): ReadonlyArray<Cell> => line.map((text, at) => readCell(text, cells[at] ?? rest ?? new Set<Kind>(["string"])))

/** The value of a CSV text, for the schema to decode, or what keeps it from being a table. */
export const read = ({ isMany, row }: Table, text: string, format: Format): Either.Either<unknown, string> => {
  const { data, errors } = papaparse().parse<Array<string>>(text, { delimiter: format.delimiter })
  if (errors.some(({ type }) => type === "Quotes")) {
    return Either.left("its quotes do not match")
  }
  const last = data.at(-1)
  const ended = last !== undefined && isBlank(last) && /[\r\n]$/.test(text) ? data.slice(0, -1) : data
  const lines = widthOf(row) > 1 ? ended.filter((line) => !isBlank(line)) : ended
  const [head, body] = format.header ? [lines[0] ?? [], lines.slice(1)] : [undefined, lines]
  if (head !== undefined && new Set(head).size < head.length) {
    return Either.left("two of its columns have the same name")
  }
  const names = head ?? (row._tag === "Struct" ? row.columns.map(([name]) => name) : [])
  const width = row._tag === "Struct" ? names.length : row._tag === "Cell" ? 1 : undefined
  const wrong = width === undefined ? -1 : body.findIndex((line) => line.length !== width)
  if (wrong !== -1) {
    return Either.left(`row ${wrong + 1} has ${body[wrong]!.length} cells where ${width} are expected`)
  }
  if (!isMany && body.length !== 1) {
    return Either.left(`it has ${body.length} rows where one is expected`)
  }
  const rows = body.map((line): unknown =>
    row._tag === "Struct"
      ? structOf(row, names, line)
      : row._tag === "Tuple"
      ? tupleOf(row, line)
      : readCell(line[0]!, row.kinds)
  )
  return Either.right(isMany ? rows : rows[0])
}
