/** Reads CSV text as values. */
import * as Either from "effect/Either"
import * as csv from "../../../protocol/payload/csv.ts"
import { setOwn } from "../../operation/readMembers.ts"
import type { Problem } from "../codecError.ts"
import { acceptsEmpty, cellReader, textType } from "./cells.ts"
import { type Column, columnsOf, type Format, minimumWidth, type Row, type StructRow, type Table } from "./table.ts"

type Lines = ReadonlyArray<csv.Line>

/** Whether a line has only white space. */
export const isBlank = (line: csv.Line): boolean => line.length === 1 && (line[0] ?? "").trim() === ""

const withMalformedQuotes = ({ problem, row }: csv.Invalid, { header }: Format): Problem => {
  if (row === undefined) {
    return { problem }
  }
  const at = header ? row - 1 : row
  return at === 0 ? { problem: `the header has ${problem}` } : { problem: `row ${at} has ${problem}`, row: at }
}

const isNarrow = (line: csv.Line): boolean => line.length === 1

/** Whether a table has one value per line, as `numpy.savetxt` writes a vector. */
const isColumn = ({ isMany, row }: Table, lines: Lines, { header, orientation }: Format): boolean => {
  if (isMany || row._tag === "Cell" || (header && row._tag === "Struct")) {
    return false
  }
  return orientation === "column" || (orientation === "either" && lines.length > 1 && lines.every(isNarrow))
}

/** Whether a blank line can be a row with one empty cell. */
const hasBlankRows = ({ row }: Table, isColumnOfCells: boolean): boolean => {
  const columns = columnsOf(row)
  return isColumnOfCells
    ? columns.some(({ type }) => acceptsEmpty(type))
    : minimumWidth(row) <= 1 && columns.slice(0, 1).some(({ type }) => acceptsEmpty(type))
}

/** Whether a blank line is a row of a table with rows. */
export const keepsBlankRows = (table: Table): boolean => hasBlankRows(table, false)

interface Section {
  readonly names: ReadonlyArray<string>
  readonly rows: Lines
}

const columnFor = ({ columns, others }: StructRow, name: string): Column | undefined => columns.get(name) ?? others

/** The columns of a header. White space around a name is removed if the schema does not have it. */
const namesOf = (row: Row, header: csv.Line): ReadonlyArray<string> =>
  header.map((cell = "") => (row._tag === "Struct" && row.columns.has(cell) ? cell : cell.trim()))

const hasDuplicates = (row: Row, names: ReadonlyArray<string>): boolean => {
  const read = row._tag === "Struct" ? names.filter((name) => columnFor(row, name) !== undefined) : []
  return new Set(read).size < read.length
}

const splitHeader = (row: Row, lines: Lines, { header }: Format): Either.Either<Section, Problem> => {
  if (!header) {
    return Either.right({ names: row._tag === "Struct" ? [...row.columns.keys()] : [], rows: lines })
  }
  const [first = [], ...rows] = lines
  const names = namesOf(row, first)
  return hasDuplicates(row, names)
    ? Either.left({ problem: "the header has duplicate column names" })
    : Either.right({ names, rows })
}

const toColumn = (rows: Lines): Either.Either<Lines, Problem> => {
  const invalid = rows.findIndex((line) => !isNarrow(line))
  return invalid === -1
    ? Either.right([rows.map(([cell]) => cell)])
    : Either.left({
      problem: `row ${invalid + 1} must have 1 cell, found ${rows[invalid]!.length}`,
      row: invalid + 1
    })
}

const widthOf = (row: Row, names: ReadonlyArray<string>): number | undefined => {
  if (row._tag === "Struct") {
    return names.length
  }
  return row._tag === "Cell" ? 1 : undefined
}

const problemOf = ({ isMany, row }: Table, { names, rows }: Section): Problem | undefined => {
  const width = widthOf(row, names)
  const invalid = width === undefined ? -1 : rows.findIndex((line) => line.length !== width)
  if (invalid !== -1) {
    return {
      problem: `row ${invalid + 1} must have ${width} ${width === 1 ? "cell" : "cells"}, found ${
        rows[invalid]!.length
      }`,
      row: invalid + 1
    }
  }
  return !isMany && rows.length !== 1 ? { problem: `expected 1 row, found ${rows.length}` } : undefined
}

const textColumn: Column = { type: textType, read: cellReader(textType) }

const structReader = (row: StructRow, names: ReadonlyArray<string>) => {
  const columns = names.map((name) => columnFor(row, name))
  return (line: csv.Line): { readonly [name: string]: unknown } => {
    const members: Record<string, unknown> = {}
    for (let at = 0; at < names.length; at += 1) {
      const cell = columns[at]?.read(line[at])
      if (cell !== undefined) {
        setOwn(members, names[at]!, cell)
      }
    }
    return members
  }
}

const rowReader = (row: Row, names: ReadonlyArray<string>): (line: csv.Line) => unknown => {
  if (row._tag === "Struct") {
    return structReader(row, names)
  }
  if (row._tag === "Cell") {
    return ([cell]) => row.cell.read(cell)
  }
  const { cells, rest = textColumn } = row
  return (line) => line.map((cell, at) => (cells[at] ?? rest).read(cell))
}

/** Reads CSV as a value of the schema's encoded side. `Left` contains why the text is invalid. */
export const read = (table: Table, text: string, format: Format): Either.Either<unknown, Problem> =>
  Either.gen(function*() {
    const { isMany, row } = table
    const lines = csv.parse(text, format.delimiter)
    if ("problem" in lines) {
      return yield* Either.left(withMalformedQuotes(lines, format))
    }
    const isColumnOfCells = isColumn(table, lines, format)
    const kept = hasBlankRows(table, isColumnOfCells) ? lines : lines.filter((line) => !isBlank(line))
    const { names, rows } = yield* splitHeader(row, kept, format)
    const section = { names, rows: isColumnOfCells ? yield* toColumn(rows) : rows }
    const problem = problemOf(table, section)
    if (problem !== undefined) {
      return yield* Either.left(problem)
    }
    const values = section.rows.map(rowReader(row, section.names))
    return isMany ? values : values[0]
  })
