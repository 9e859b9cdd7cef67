/** How the values of a schema map to the rows and columns of a table. */
import * as AST from "effect/SchemaAST"
import type * as csv from "../../../protocol/payload/csv.ts"
import { type Cell, cellReader, type CellType, cellType, withOptional } from "./cells.ts"

export interface Format {
  readonly header: boolean
  readonly delimiter: "," | ";" | "\t" | "|"
  readonly orientation: "row" | "column" | "either"
}

/** The cells of one column. */
export interface Column {
  readonly type: CellType
  readonly read: (cell: csv.Cell) => Cell
}

export interface StructRow {
  readonly _tag: "Struct"
  readonly columns: ReadonlyMap<string, Column>
  /** The columns that the schema does not name, if it allows them. */
  readonly others?: Column
}

interface TupleRow {
  readonly _tag: "Tuple"
  readonly cells: ReadonlyArray<Column>
  readonly rest?: Column
}

interface CellRow {
  readonly _tag: "Cell"
  readonly cell: Column
}

export type Row = StructRow | TupleRow | CellRow

export interface Table {
  readonly row: Row
  readonly isMany: boolean
}

const unwrap = (ast: AST.AST): AST.AST => {
  if (AST.isRefinement(ast)) {
    return unwrap(ast.from)
  }
  return AST.isSuspend(ast) ? unwrap(ast.f()) : ast
}

const columnOf = (ast: AST.AST, isOptional = false): Column => {
  const type = withOptional(cellType(ast), isOptional)
  return { type, read: cellReader(type) }
}

const structRow = ({ indexSignatures: [others], propertySignatures }: AST.TypeLiteral): StructRow => ({
  _tag: "Struct",
  columns: new Map(propertySignatures.map(({ isOptional, name, type }) => [String(name), columnOf(type, isOptional)])),
  ...(others === undefined ? {} : { others: columnOf(others.type) })
})

const tupleRow = ({ elements, rest: [rest] }: AST.TupleType): TupleRow => ({
  _tag: "Tuple",
  cells: elements.map(({ isOptional, type }) => columnOf(type, isOptional)),
  ...(rest === undefined ? {} : { rest: columnOf(rest.type) })
})

const rowOf = (ast: AST.AST): Row => {
  if (AST.isTypeLiteral(ast)) {
    return structRow(ast)
  }
  return AST.isTupleType(ast) ? tupleRow(ast) : { _tag: "Cell", cell: columnOf(ast) }
}

/** A list of structs, tuples or lists has many rows. Every other value is one row. */
export const tableOf = (ast: AST.AST): Table => {
  const encoded = unwrap(AST.encodedAST(ast))
  const [first] = AST.isTupleType(encoded) ? [...encoded.elements, ...encoded.rest] : []
  const element = first === undefined ? undefined : unwrap(first.type)
  return element !== undefined && (AST.isTypeLiteral(element) || AST.isTupleType(element))
    ? { row: rowOf(element), isMany: true }
    : { row: rowOf(encoded), isMany: false }
}

/** The columns that a row can have, in their order. */
export const columnsOf = (row: Row): ReadonlyArray<Column> => {
  if (row._tag === "Cell") {
    return [row.cell]
  }
  const [declared, others] = row._tag === "Struct" ? [[...row.columns.values()], row.others] : [row.cells, row.rest]
  return others === undefined ? declared : [...declared, others]
}

/** The minimum number of cells in a row. */
export const minimumWidth = (row: Row): number => {
  if (row._tag === "Cell") {
    return 1
  }
  return row._tag === "Struct" ? row.columns.size : row.cells.length
}
