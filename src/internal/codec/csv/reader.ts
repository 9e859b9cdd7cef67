/** Reads CSV text as values. papaparse splits the text into cells. */
import { papaparse } from "#papaparse"
import * as Either from "effect/Either"
import { type Cell, type Kind, readCell } from "./cells.ts"
import { columnNames, type Format, type Row, type StructRow, type Table, type TupleRow } from "./table.ts"

type Line = ReadonlyArray<string>

const textOnly: ReadonlySet<Kind> = new Set<Kind>(["string"])

const isBlank = (line: Line): boolean => line.length === 1 && line[0] === ""

/** The minimum number of cells in a row, according to the schema. */
const minimumWidth = (row: Row): number => {
  if (row._tag === "Cell") {
    return 1
  }
  return row._tag === "Struct" ? row.columns.length : row.cells.length
}

/** More cells than this need gigabytes of memory. */
const maxCells = 16_777_216

/** Whether a text has more line ends and delimiters than cells are allowed. Those inside quotes count too. */
const hasTooManyCells = (text: string, delimiter: string): boolean => {
  if (text.length < maxCells) {
    return false
  }
  const delimiterCode = delimiter.charCodeAt(0)
  let cells = 1
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === delimiterCode || code === 0x0a || code === 0x0d) {
      cells += 1
    }
  }
  return cells > maxCells
}

/** Splits a text into rows. The text can end with a line end. A blank line is a row only if there is one column. */
const splitRows = (row: Row, text: string, { delimiter }: Format): Either.Either<ReadonlyArray<Line>, string> => {
  if (hasTooManyCells(text, delimiter)) {
    return Either.left(`more than ${maxCells} cells`)
  }
  const { data, errors } = papaparse().parse<Array<string>>(text, { delimiter })
  if (errors.some(({ type }) => type === "Quotes")) {
    return Either.left("malformed quotes")
  }
  const last = data.at(-1)
  const lines = last !== undefined && isBlank(last) && /[\r\n]$/.test(text) ? data.slice(0, -1) : data
  return Either.right(minimumWidth(row) > 1 ? lines.filter((line) => !isBlank(line)) : lines)
}

interface Section {
  readonly names: Line
  readonly rows: ReadonlyArray<Line>
}

const splitHeader = (row: Row, lines: ReadonlyArray<Line>, { header }: Format): Either.Either<Section, string> => {
  if (!header) {
    return Either.right({ names: row._tag === "Struct" ? columnNames(row) : [], rows: lines })
  }
  const [names = [], ...rows] = lines
  return new Set(names).size < names.length
    ? Either.left("the header has duplicate column names")
    : Either.right({ names, rows })
}

const widthOf = (row: Row, names: Line): number | undefined => {
  if (row._tag === "Struct") {
    return names.length
  }
  return row._tag === "Cell" ? 1 : undefined
}

const problemOf = ({ isMany, row }: Table, { names, rows }: Section): string | undefined => {
  const width = widthOf(row, names)
  const invalid = width === undefined ? -1 : rows.findIndex((line) => line.length !== width)
  if (invalid !== -1) {
    return `row ${invalid + 1} must have ${width} cells, found ${rows[invalid]!.length}`
  }
  return !isMany && rows.length !== 1 ? `expected 1 row, found ${rows.length}` : undefined
}

const readStruct = (
  { columns, others }: StructRow,
  names: Line,
  line: Line
): { readonly [name: string]: Cell } => {
  const kinds = new Map(columns)
  const entries = names.flatMap((name, at): ReadonlyArray<readonly [string, Cell]> => {
    const kind = kinds.get(name) ?? others
    const cell = kind === undefined ? undefined : readCell(line[at]!, kind)
    return cell === undefined ? [] : [[name, cell]]
  })
  return Object.fromEntries(entries)
}

const readTuple = ({ cells, rest }: TupleRow, line: Line): ReadonlyArray<Cell> =>
  line.map((text, at) => readCell(text, cells[at] ?? rest ?? textOnly))

const readRow = (row: Row, names: Line, line: Line): unknown => {
  if (row._tag === "Struct") {
    return readStruct(row, names, line)
  }
  return row._tag === "Tuple" ? readTuple(row, line) : readCell(line[0]!, row.kinds)
}

/** Reads CSV as a value of the schema's encoded side. `Left` contains why the text is invalid. */
export const read = (table: Table, text: string, format: Format): Either.Either<unknown, string> =>
  Either.gen(function*() {
    const { isMany, row } = table
    const section = yield* splitHeader(row, yield* splitRows(row, text, format), format)
    const problem = problemOf(table, section)
    if (problem !== undefined) {
      return yield* Either.left(problem)
    }
    const values = section.rows.map((line) => readRow(row, section.names, line))
    return isMany ? values : values[0]
  })
