/** LIBSVM's sparse rows: `label index:value index:value`. Source: LIBSVM's README, XGBoost's text input format. */

/** A value of a sparse row. */
interface Feature {
  readonly index: number
  readonly value: number
}

export interface Row {
  readonly label?: number | undefined
  readonly qid?: number | undefined
  readonly features: ReadonlyArray<Feature>
}

/** Why a text or a row is invalid, and the line. */
export interface Invalid {
  readonly problem: string
  readonly line: number
}

/** XGBoost stores an index in 32 bits. */
const maxIndex = 4_294_967_295

const isIndex = (index: unknown): boolean => Number.isInteger(index) && Number(index) >= 0 && Number(index) <= maxIndex

const hasDuplicates = (features: ReadonlyArray<Feature>): boolean =>
  features.some(({ index }, at) => at > 0 && index <= features[at - 1]!.index) &&
  new Set(features.map(({ index }) => index)).size < features.length

const problemOf = ({ features, label, qid }: Row): string | undefined => {
  if (!features.every(({ index }) => isIndex(index))) {
    return `an index must be an integer from 0 to ${maxIndex}`
  }
  if (hasDuplicates(features)) {
    return "an index must not be repeated"
  }
  if (qid !== undefined && !Number.isSafeInteger(qid)) {
    return "the qid must be an integer"
  }
  return label === undefined && qid === undefined && features.length === 0
    ? "a row must have a label or a feature"
    : undefined
}

const isNumber = (value: unknown): boolean => typeof value === "number"

const hasNumbers = ({ features, label }: Row): boolean =>
  (label === undefined || isNumber(label)) && features.every(({ value }) => isNumber(value))

const writeRow = ({ features, label, qid }: Row): string =>
  [
    ...(label === undefined ? [] : [String(label)]),
    ...(qid === undefined ? [] : [`qid:${qid}`]),
    ...features.map(({ index, value }) => `${index}:${Object.is(value, -0) ? "-0" : value}`)
  ].join(" ")

/** Writes rows, one per line, or returns why a row is invalid. */
export const write = (rows: ReadonlyArray<Row>): string | Invalid => {
  const lines: Array<string> = []
  for (const [at, row] of rows.entries()) {
    const problem = hasNumbers(row) ? problemOf(row) : "the label and the values must be numbers"
    if (problem !== undefined) {
      return { problem, line: at + 1 }
    }
    lines.push(writeRow(row))
  }
  return lines.join("\n")
}

const numberPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const nonFinitePattern = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i

const parseNumber = (text: string): number | undefined => {
  if (numberPattern.test(text)) {
    return Number(text)
  }
  const [found, sign, nan] = nonFinitePattern.exec(text) ?? []
  if (found === undefined) {
    return undefined
  }
  const infinity = sign === "-" ? -Infinity : Infinity
  return nan === undefined ? infinity : Number.NaN
}

/** Reads `index:value`. */
const parseFeature = (token: string): Feature | undefined => {
  const colon = token.indexOf(":")
  const index = /^\d{1,10}$/.test(token.slice(0, colon)) ? Number(token.slice(0, colon)) : undefined
  const value = parseNumber(token.slice(colon + 1))
  return colon === -1 || index === undefined || value === undefined ? undefined : { index, value }
}

const parseQid = (token: string | undefined): number | undefined => {
  const [, digits] = /^qid:(-?\d{1,15})$/.exec(token ?? "") ?? []
  return digits === undefined ? undefined : Number(digits)
}

const parseRow = (tokens: ReadonlyArray<string>): Row | string => {
  const label = tokens[0]!.includes(":") ? undefined : parseNumber(tokens[0]!)
  const afterLabel = label === undefined ? 0 : 1
  const qid = parseQid(tokens[afterLabel])
  const features: Array<Feature> = []
  for (const token of tokens.slice(qid === undefined ? afterLabel : afterLabel + 1)) {
    const feature = parseFeature(token)
    if (feature === undefined) {
      return "expected a label and features such as 3:0.5"
    }
    features.push(feature)
  }
  const row = { ...(label === undefined ? {} : { label }), ...(qid === undefined ? {} : { qid }), features }
  return problemOf(row) ?? row
}

const withoutComment = (line: string): string => {
  const start = line.indexOf("#")
  return start === -1 ? line : line.slice(0, start)
}

/** Reads rows. Blank lines and comments after `#` are skipped. */
export const parse = (text: string): ReadonlyArray<Row> | Invalid => {
  const rows: Array<Row> = []
  for (const [at, line] of text.split(/\r\n|\n|\r/).entries()) {
    const content = withoutComment(line).trim()
    if (content !== "") {
      const row = parseRow(content.split(/\s+/))
      if (typeof row === "string") {
        return { problem: row, line: at + 1 }
      }
      rows.push(row)
    }
  }
  return rows
}
