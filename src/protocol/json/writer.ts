/** Writes JSON with the numbers that `JSON.stringify` rejects or writes as `null`. */

export interface JsonWriterOptions {
  /** Whether non-finite numbers are written as `NaN`, `Infinity` and `-Infinity`, as Python does. */
  readonly nonFinite: boolean
  /** Whether a `bigint` is written as an integer. */
  readonly bigints: boolean
}

/** The message of the error for a non-finite number. */
export const nonFiniteProblem = "a non-finite number requires the option nonFinite"

const boxes = new Set(["[object Number]", "[object String]", "[object Boolean]"])

const unbox = (value: unknown): unknown =>
  typeof value === "object" && value !== null && boxes.has(Object.prototype.toString.call(value))
    ? value.valueOf()
    : value

/** The value that a `toJSON` method replaces a value with. */
const replaced = (value: unknown, key: string): unknown => {
  if (typeof value !== "object" || value === null) {
    return value
  }
  const { toJSON } = value as { readonly toJSON?: unknown }
  return unbox(typeof toJSON === "function" ? Reflect.apply(toJSON, value, [key]) : value)
}

const writeNumber = (value: number, { nonFinite }: JsonWriterOptions): string => {
  if (!Number.isFinite(value) && !nonFinite) {
    throw new RangeError(nonFiniteProblem)
  }
  return String(value)
}

const writeObject = (value: object, options: JsonWriterOptions): string => {
  const members: Array<string> = []
  for (const key of Object.keys(value)) {
    const text = writeMember(Reflect.get(value, key), key, options)
    if (text !== undefined) {
      members.push(`${JSON.stringify(key)}:${text}`)
    }
  }
  return `{${members.join(",")}}`
}

const writeArray = (values: ReadonlyArray<unknown>, options: JsonWriterOptions): string =>
  `[${Array.from(values, (value, at) => writeMember(value, String(at), options) ?? "null").join(",")}]`

const writeMember = (member: unknown, key: string, options: JsonWriterOptions): string | undefined => {
  const value = replaced(member, key)
  switch (typeof value) {
    case "number":
      return writeNumber(value, options)
    case "bigint":
      if (!options.bigints) {
        throw new TypeError("a bigint requires the option largeIntegers")
      }
      return String(value)
    case "object":
      if (value === null) {
        return "null"
      }
      return Array.isArray(value) ? writeArray(value, options) : writeObject(value, options)
    default:
      return JSON.stringify(value)
  }
}

/** The JSON text of a value, `undefined` if the value has none. Throws as `JSON.stringify` does. */
export const writeJson = (value: unknown, options: JsonWriterOptions): string | undefined =>
  writeMember(value, "", options)
