/** Recognises the end of a JSON object or array in a text that arrives in parts. */

export interface JsonExtent {
  readonly depth: number
  readonly inString: boolean
  readonly isEscaped: boolean
  /** Whether the object or array has ended. */
  readonly isComplete: boolean
}

/** Before the first character that is not a space. */
export const startOfJson: JsonExtent = { depth: 0, inString: false, isEscaped: false, isComplete: false }

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

/** Reads more of the text. Only brackets and strings matter, so the text can be invalid JSON. */
export const readExtent = (before: JsonExtent, text: string): JsonExtent => {
  let { depth, inString, isComplete, isEscaped } = before
  let isEmpty = true
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (isEscaped) {
      isEscaped = false
    } else if (inString) {
      isEscaped = code === 0x5c
      inString = code !== 0x22
    } else if (code === 0x22) {
      inString = true
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1
      isComplete ||= depth === 0
    }
    isEmpty &&= isSpace(code)
  }
  return isEmpty && !inString ? before : { depth, inString, isEscaped, isComplete }
}
