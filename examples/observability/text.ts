export const duration = (millis: number) => `${millis < 10 ? millis.toFixed(1) : Math.round(millis)} ms`

export const text = (value: unknown) =>
  typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(3) : String(value)

export const pair = (name: string, value: unknown) => `${name}=${text(value)}`

/** Joins words to lines of at most `columns` characters. A longer word has its own line. */
export const wrap = (words: ReadonlyArray<string>, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 2 + word.length > columns) {
      lines.push(word)
    } else {
      lines.splice(-1, 1, `${last}  ${word}`)
    }
  }
  return lines
}
