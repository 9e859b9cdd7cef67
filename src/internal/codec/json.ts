/** JSON as text: what has no JSON form is refused. */
const refuseUnfinished = (_: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("a number without a JSON form")
  }
  return value
}

/** JSON of a value; throws where there is none, for a number that JSON would write as `null` too. */
export const stringify = (value: unknown): string => {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) {
    throw new TypeError("no JSON form")
  }
  return text.includes("null") ? JSON.stringify(value, refuseUnfinished) : text
}

/** The value of a JSON text; throws where it is none. */
export const parse = (text: string): unknown => JSON.parse(text)
