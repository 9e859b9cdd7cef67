/** Writes values as CSV text. papaparse quotes the cells. */
import { papaparse } from "#papaparse"
import * as Either from "effect/Either"
import { writeCell } from "./cells.ts"
import { columnNames, type Format, type Row, type Table } from "./table.ts"

type Cells = ReadonlyArray<string | null>

const namesOf = (row: Row, values: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  if (row._tag !== "Struct") {
    return []
  }
  const names = columnNames(row)
  return row.others === undefined ? names : [...new Set([...names, ...Object.keys(Object(values[0]))])]
}

const cellValues = (row: Row, names: ReadonlyArray<string>, value: unknown): ReadonlyArray<unknown> => {
  if (row._tag === "Struct") {
    const members: object = Object(value)
    return names.map((name): unknown => (Object.hasOwn(members, name) ? Reflect.get(members, name) : undefined))
  }
  return row._tag === "Tuple" ? value as ReadonlyArray<unknown> : [value]
}

/** An empty cell alone in its row is written as an empty string: a reader skips a blank line. */
const withoutBlankLine = (cells: Cells): Cells => (cells.length === 1 && cells[0] === null ? [""] : cells)

const writeRow = (values: ReadonlyArray<unknown>, at: number): Either.Either<Cells, string> => {
  const cells = values.map(writeCell)
  if (cells.length === 0) {
    return Either.left(`row ${at + 1} has no cells`)
  }
  const invalid = cells.indexOf(undefined)
  return invalid === -1
    ? Either.right(withoutBlankLine(cells as Cells))
    : Either.left(`row ${at + 1}, cell ${invalid + 1} must be a string, a number, a boolean or null`)
}

/** Quotes distinguish an empty string from an empty cell, and a leading U+FEFF from a byte order mark. */
const needsQuotes = (cell: string | null): boolean => cell === "" || cell?.startsWith("\ufeff") === true

/** Writes a value as CSV. `Left` contains why the value cannot be written. */
export const write = ({ isMany, row }: Table, value: unknown, format: Format): Either.Either<string, string> => {
  if (format.header && row._tag !== "Struct") {
    return Either.left("a header requires rows with named columns")
  }
  const values = isMany ? value as ReadonlyArray<unknown> : [value]
  const names = namesOf(row, values)
  const lines: Array<Cells> = format.header ? [names] : []
  for (const [at, rowValue] of values.entries()) {
    const cells = writeRow(cellValues(row, names, rowValue), at)
    if (Either.isLeft(cells)) {
      return Either.left(cells.left)
    }
    lines.push(cells.right)
  }
  const { delimiter } = format
  return Either.right(
    papaparse().unparse(lines as Array<Array<string>>, { delimiter, newline: "\n", quotes: needsQuotes })
  )
}
