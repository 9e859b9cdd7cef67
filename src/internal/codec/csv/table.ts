/** How the values of a schema map to the rows and columns of a table. */
import * as AST from "effect/SchemaAST"
import { type Kind, kindsOf } from "./cells.ts"

export interface Format {
  readonly header: boolean
  readonly delimiter: "," | ";" | "\t" | "|"
}

type Kinds = ReadonlySet<Kind>

export interface StructRow {
  readonly _tag: "Struct"
  readonly columns: ReadonlyArray<readonly [name: string, kinds: Kinds]>
  /** The kinds of columns that the schema does not name, if it allows them. */
  readonly others?: Kinds
}

export interface TupleRow {
  readonly _tag: "Tuple"
  readonly cells: ReadonlyArray<Kinds>
  readonly rest?: Kinds
}

interface CellRow {
  readonly _tag: "Cell"
  readonly kinds: Kinds
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

const withOptional = (kinds: Kinds, isOptional: boolean): Kinds => isOptional ? new Set([...kinds, "undefined"]) : kinds

const structRow = ({ indexSignatures: [others], propertySignatures }: AST.TypeLiteral): StructRow => ({
  _tag: "Struct",
  columns: propertySignatures.map(({ isOptional, name, type }) =>
    [String(name), withOptional(kindsOf(type), isOptional)] as const
  ),
  ...(others === undefined ? {} : { others: kindsOf(others.type) })
})

const tupleRow = ({ elements, rest: [rest] }: AST.TupleType): TupleRow => ({
  _tag: "Tuple",
  cells: elements.map(({ isOptional, type }) => withOptional(kindsOf(type), isOptional)),
  ...(rest === undefined ? {} : { rest: kindsOf(rest.type) })
})

const rowOf = (ast: AST.AST): Row => {
  if (AST.isTypeLiteral(ast)) {
    return structRow(ast)
  }
  return AST.isTupleType(ast) ? tupleRow(ast) : { _tag: "Cell", kinds: kindsOf(ast) }
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

export const columnNames = ({ columns }: StructRow): ReadonlyArray<string> => columns.map(([name]) => name)
