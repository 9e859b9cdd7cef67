/** Predictions of XGBoost in CSV: numbers and lists of numbers as Python and NumPy write them. */
import * as Either from "effect/Either"
import type { XgboostContent } from "../../../Container.ts"

export type Score = number | ReadonlyArray<number>

const tokenPattern = /[[\]\n]|[^\s,;[\]]+/g
const numberPattern = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i

/** The number that Python or NumPy wrote. */
const toNumber = (text: string): number | undefined => {
  if (!numberPattern.test(text)) {
    return undefined
  }
  const lower = text.toLowerCase()
  if (lower.includes("inf")) {
    return lower.startsWith("-") ? -Infinity : Infinity
  }
  return Number(lower)
}

interface Groups {
  /** The numbers of each list in brackets. */
  readonly lists: ReadonlyArray<ReadonlyArray<number>>
  /** The numbers of each line outside of brackets. */
  readonly lines: ReadonlyArray<ReadonlyArray<number>>
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length

const readGroups = (text: string): Either.Either<Groups, string> => {
  const lists: Array<Array<number>> = []
  const lines: Array<Array<number>> = [[]]
  let depth = 0
  for (const { 0: token, index } of text.matchAll(tokenPattern)) {
    if (token === "[") {
      depth += 1
      lists.push([])
    } else if (token === "]") {
      depth -= 1
    } else if (token === "\n") {
      if (depth === 0) {
        lines.push([])
      }
    } else {
      const value = toNumber(token)
      if (value === undefined) {
        return Either.left(`line ${lineOf(text, index)}: expected a number`)
      }
      const group = depth === 0 ? lines.at(-1) : lists.at(-1)
      group?.push(value)
    }
    if (depth < 0) {
      return Either.left(`line ${lineOf(text, index)}: expected a number, found a bracket`)
    }
  }
  return depth === 0
    ? Either.right({ lists: lists.filter(isFilled), lines: lines.filter(isFilled) })
    : Either.left("a list has no closing bracket")
}

const isFilled = (group: ReadonlyArray<number>): boolean => group.length > 0

const oneNumberPerRow = "expected one number per row, found several: set the option multiOutput to true"

const normalize = (text: string): string => text.replaceAll(/\r\n?/g, "\n")

/** The scores of a text: one number per row, or one list per row. */
export const readScores = (text: string, isList: boolean): Either.Either<ReadonlyArray<Score>, string> =>
  Either.flatMap(
    readGroups(normalize(text).replaceAll("\"", "")),
    ({ lines, lists }): Either.Either<ReadonlyArray<Score>, string> => {
      if (lists.length > 0 && lines.length > 0) {
        return Either.left("expected numbers or lists, found both: set the option output")
      }
      const groups = lists.length > 0 ? lists : lines
      if (isList) {
        return Either.right(groups)
      }
      return groups.length <= 1 || groups.every((group) => group.length === 1)
        ? Either.right(groups.flat())
        : Either.left(oneNumberPerRow)
    }
  )

const cellPattern = /"([^"]*)"|([^,]+)/g

const readCell = (cell: string): Either.Either<Score, string> =>
  cell.includes("[")
    ? Either.map(readScores(cell, true), (lists) => lists[0] ?? [])
    : Either.fromNullable(toNumber(cell.trim()), () => "expected a number or a list")

const readRow = (
  line: string,
  row: number,
  keys: ReadonlyArray<XgboostContent>
): Either.Either<{ readonly [key: string]: Score }, string> => {
  const cells = Array.from(line.matchAll(cellPattern), ([, quoted, plain]) => quoted ?? plain ?? "")
  return cells.length === keys.length
    ? Either.all(cells.map(readCell)).pipe(
      Either.mapBoth({
        onLeft: (problem) => `line ${row + 1}: ${problem}`,
        onRight: (values) => Object.fromEntries(keys.map((key, index) => [key, values[index]!]))
      })
    )
    : Either.left(`line ${row + 1}: expected ${keys.length} cells, as the option output has, found ${cells.length}`)
}

/** The rows of selected content, with the keys in their order. */
export const readContent = (
  text: string,
  keys: ReadonlyArray<XgboostContent>
): Either.Either<ReadonlyArray<{ readonly [key: string]: Score }>, string> =>
  Either.all(
    normalize(text).split("\n").filter((line) => line.trim() !== "").map((line, row) => readRow(line, row, keys))
  )
