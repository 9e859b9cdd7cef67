/**
 * CSV text (RFC 4180) as rows of cells.
 *
 * A row ends with LF, CRLF or CR, also within one text. papaparse is not used, because it guesses one line end for the
 * whole text and does not distinguish a quoted empty cell from an unquoted one.
 */

/** The text of a cell, `undefined` for an empty cell without quotes. */
export type Cell = string | undefined

export type Line = ReadonlyArray<Cell>

/** Why a text is invalid, and the row. */
export interface Invalid {
  readonly problem: string
  readonly row?: number
}

/** More cells than this need gigabytes of memory. */
const maxCells = 16_777_216

const lf = 0x0a
const cr = 0x0d
const space = 0x20
const tab = 0x09
const quote = 0x22

/** A cell and the position after it. */
interface Scanned {
  readonly cell: Cell
  readonly end: number
}

const isLineEnd = (code: number): boolean => code === lf || code === cr

/** The position of the closing quote, -1 if there is none. Two quotes are a quote of the text. */
const closingQuote = (text: string, start: number): number => {
  let at = text.indexOf("\"", start)
  while (at !== -1 && text.charCodeAt(at + 1) === quote) {
    at = text.indexOf("\"", at + 2)
  }
  return at
}

/** Reads a cell in quotes. `undefined` if the quotes are malformed. Spaces after the closing quote are skipped. */
const scanQuoted = (text: string, start: number, delimiter: number): Scanned | undefined => {
  const close = closingQuote(text, start)
  if (close === -1) {
    return undefined
  }
  let end = close + 1
  let code = text.charCodeAt(end)
  while ((code === space || code === tab) && code !== delimiter) {
    end += 1
    code = text.charCodeAt(end)
  }
  const cell = text.slice(start, close)
  return end === text.length || code === delimiter || isLineEnd(code)
    ? { cell: cell.includes("\"") ? cell.replaceAll("\"\"", "\"") : cell, end }
    : undefined
}

const endOfPlain = (text: string, start: number, delimiter: number): number => {
  let end = start
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end)
    if (code === delimiter || code === lf || code === cr) {
      break
    }
  }
  return end
}

/** Splits a text without quotes. The engine's own functions are faster than a loop over the characters. */
const parsePlain = (text: string, delimiter: string): ReadonlyArray<Line> => {
  const lines = text.split(text.includes("\r") ? /\r\n|\n|\r/ : "\n")
  if (lines.at(-1) === "") {
    lines.pop()
  }
  return lines.map((line) => {
    const cells: ReadonlyArray<Cell> = line.split(delimiter)
    return cells.includes("") ? cells.map((cell) => (cell === "" ? undefined : cell)) : cells
  })
}

const parseQuoted = (text: string, delimiter: string): ReadonlyArray<Line> | Invalid => {
  const delimiterCode = delimiter.charCodeAt(0)
  const lines: Array<Line> = []
  let line: Array<Cell> = []
  let at = 0
  while (at < text.length || line.length > 0) {
    if (text.charCodeAt(at) === quote) {
      const quoted = scanQuoted(text, at + 1, delimiterCode)
      if (quoted === undefined) {
        return { problem: "malformed quotes", row: lines.length + 1 }
      }
      line.push(quoted.cell)
      at = quoted.end
    } else {
      const end = endOfPlain(text, at, delimiterCode)
      line.push(end === at ? undefined : text.slice(at, end))
      at = end
    }
    if (at === text.length || text.charCodeAt(at) !== delimiterCode) {
      lines.push(line)
      line = []
      at += text.charCodeAt(at) === cr && text.charCodeAt(at + 1) === lf ? 2 : 1
    } else {
      at += 1
    }
  }
  return lines
}

/** Whether a text has more line ends and delimiters than cells are allowed. Those inside quotes count too. */
const hasTooManyCells = (text: string, delimiter: number): boolean => {
  if (text.length < maxCells) {
    return false
  }
  let cells = 1
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === delimiter || isLineEnd(code)) {
      cells += 1
    }
  }
  return cells > maxCells
}

/** Splits a text into rows. The text can end with a line end. */
export const parse = (text: string, delimiter: string): ReadonlyArray<Line> | Invalid => {
  if (hasTooManyCells(text, delimiter.charCodeAt(0))) {
    return { problem: `more than ${maxCells} cells` }
  }
  return text.includes("\"") ? parseQuoted(text, delimiter) : parsePlain(text, delimiter)
}

const isPadded = (cell: string): boolean => cell.startsWith(" ") || cell.endsWith(" ") || cell.startsWith("\ufeff")

/** Quotes distinguish an empty text from an empty cell, and a leading U+FEFF from a byte order mark. */
const writeCell = (cell: Cell, special: RegExp): string => {
  if (cell === undefined) {
    return ""
  }
  return cell === "" || special.test(cell) || isPadded(cell) ? `"${cell.replaceAll("\"", "\"\"")}"` : cell
}

/** Writes rows with LF as line end. There is no line end after the last row, unless that row is an empty line. */
export const write = (lines: ReadonlyArray<Line>, delimiter: string): string => {
  const special = new RegExp(`["\r\n${delimiter === "|" ? "\\|" : delimiter}]`)
  const texts = lines.map((line) => line.map((cell) => writeCell(cell, special)).join(delimiter))
  return texts.join("\n") + (texts.at(-1) === "" ? "\n" : "")
}
