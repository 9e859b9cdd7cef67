/** Parses JSON with a limit for its nesting, because code that processes a value recursively can exhaust the stack. */

/** Deeper JSON is invalid. */
export const maxJsonDepth = 512

const isEscaped = (text: string, at: number): boolean => {
  let start = at
  while (text.charCodeAt(start - 1) === 0x5c) {
    start -= 1
  }
  return (at - start) % 2 === 1
}

/** The position of the quote that ends a string; the end of the text where there is none. */
export const endOfString = (text: string, start: number): number => {
  let end = text.indexOf("\"", start)
  while (end !== -1 && isEscaped(text, end)) {
    end = text.indexOf("\"", end + 1)
  }
  return end === -1 ? text.length : end
}

const isTooDeep = (text: string): boolean => {
  if (text.length <= maxJsonDepth) {
    return false
  }
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = endOfString(text, at + 1)
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > maxJsonDepth) {
        return true
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1
    }
  }
  return false
}

/** The value of a JSON text. Throws for invalid JSON and for JSON that is nested too deeply. */
export const parseJson = (text: string): unknown => {
  if (isTooDeep(text)) {
    throw new SyntaxError(`JSON must not be nested more than ${maxJsonDepth} levels deep`)
  }
  return JSON.parse(text)
}
