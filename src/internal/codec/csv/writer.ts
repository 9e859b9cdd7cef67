/** Writes values as CSV text. */
import * as Either from "effect/Either"
import * as csv from "../../../protocol/payload/csv.ts"
import type { Problem } from "../codecError.ts"
import { distinguishesEmpty, writeCell } from "./cells.ts"
import { columnsOf, type Format, type Row, type Table } from "./table.ts"

const namesOf = (row: Row, values: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  if (row._tag !== "Struct") {
    return []
  }
  const names = [...row.columns.keys()]
  return row.others === undefined ? names : [...new Set([...names, ...Object.keys(Object(values[0]))])]
}

const cellValues = (row: Row, names: ReadonlyArray<string>, value: unknown): ReadonlyArray<unknown> => {
  if (row._tag === "Struct") {
    const members: object = Object(value)
    return names.map((name): unknown => (Object.hasOwn(members, name) ? Reflect.get(members, name) : undefined))
  }
  return row._tag === "Tuple" ? value as ReadonlyArray<unknown> : [value]
}

const writeRow = (values: ReadonlyArray<unknown>, at: number): Either.Either<csv.Line, Problem> => {
  const cells = values.map(writeCell)
  if (cells.length === 0) {
    return Either.left({ problem: `row ${at + 1} has no cells`, row: at + 1 })
  }
  const invalid = cells.indexOf(undefined)
  return invalid === -1
    ? Either.right(cells.map((cell) => cell ?? undefined))
    : Either.left({
      problem: `row ${at + 1}, cell ${invalid + 1} must be a string, a number, a boolean or null`,
      row: at + 1
    })
}

/**
 * An empty cell alone in its row is written as a quoted one, because many readers skip a blank line. If the quoted cell
 * is another value, the line stays blank.
 */
const withoutBlankLine = (row: Row) => {
  const isDistinct = columnsOf(row).some(({ type }) => distinguishesEmpty(type))
  return (line: csv.Line): csv.Line => (line.length === 1 && line[0] === undefined && !isDistinct ? [""] : line)
}

/** Writes a value as CSV. `Left` contains why the value cannot be written. */
export const write = ({ isMany, row }: Table, value: unknown, format: Format): Either.Either<string, Problem> => {
  const { delimiter, header, orientation } = format
  if (header && row._tag !== "Struct") {
    return Either.left({ problem: "a header requires rows with named columns" })
  }
  const values = isMany ? value as ReadonlyArray<unknown> : [value]
  const names = namesOf(row, values)
  const lines: Array<csv.Line> = header ? [names] : []
  for (const [at, rowValue] of values.entries()) {
    const cells = writeRow(cellValues(row, names, rowValue), at)
    if (Either.isLeft(cells)) {
      return Either.left(cells.left)
    }
    lines.push(cells.right)
  }
  const isColumn = orientation === "column" && !isMany && !header
  const written = isColumn ? lines.flatMap((line) => line.map((cell) => [cell])) : lines
  return Either.right(csv.write(written.map(withoutBlankLine(row)), delimiter))
}
