/** Elements of tensors in JSON: numbers, large integers, Booleans and text, possibly in nested lists. */
import { type Data, maxDimensions } from "./ndArray.ts"
import type { NumericDatatype } from "./tensor.ts"

const integerRanges: { readonly [datatype: string]: readonly [minimum: number, maximum: number] } = {
  BOOL: [0, 1],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1]
}

const integerPattern = /^-?\d{1,20}$/
const floatPattern = /^-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)$|^NaN$/

/** The number that an element encodes. `null` is not a number, because some servers write `NaN` as `null`. */
const toFloat = (element: unknown): number | undefined => {
  if (typeof element === "number") {
    return element
  }
  if (element === null) {
    return Number.NaN
  }
  return typeof element === "bigint" || (typeof element === "string" && floatPattern.test(element))
    ? Number(element)
    : undefined
}

const toInteger = (datatype: NumericDatatype, element: unknown): number | undefined => {
  const isNumber = typeof element === "number" || typeof element === "boolean" ||
    (typeof element === "string" && integerPattern.test(element))
  const value = isNumber ? Number(element) : Number.NaN
  const [minimum, maximum] = integerRanges[datatype]!
  return Number.isInteger(value) && value >= minimum && value <= maximum ? value : undefined
}

const toBigInt = (datatype: NumericDatatype, element: unknown): bigint | undefined => {
  const isInteger = typeof element === "bigint" || (typeof element === "number" && Number.isSafeInteger(element)) ||
    (typeof element === "string" && integerPattern.test(element))
  if (!isInteger) {
    return undefined
  }
  const value = BigInt(element)
  const wrapped = datatype === "INT64" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
  return wrapped === value ? value : undefined
}

type Converted = { readonly data: Data } | { readonly invalid: number }

/** Fills a typed array, or gives the index of the first invalid element. */
const fill = <A extends number | bigint>(
  data: { [index: number]: A } & Data,
  elements: ReadonlyArray<unknown>,
  convert: (element: unknown) => A | undefined
): Converted => {
  for (let index = 0; index < elements.length; index += 1) {
    const value = convert(elements[index])
    if (value === undefined) {
      return { invalid: index }
    }
    data[index] = value
  }
  return { data }
}

const integerArrays = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array
} as const

/** The typed array of elements that were read from JSON or written by a user. */
export const toData = (datatype: NumericDatatype, elements: ReadonlyArray<unknown>): Converted => {
  const length = elements.length
  switch (datatype) {
    case "INT64":
      return fill(new BigInt64Array(length), elements, (element) => toBigInt(datatype, element))
    case "UINT64":
      return fill(new BigUint64Array(length), elements, (element) => toBigInt(datatype, element))
    case "FP64":
      return fill(new Float64Array(length), elements, toFloat)
    case "FP16":
    case "BF16":
    case "FP32":
      return fill(new Float32Array(length), elements, toFloat)
    default:
      return fill(new integerArrays[datatype](length), elements, (element) => toInteger(datatype, element))
  }
}

const numberText = (value: number): string => (Object.is(value, -0) ? "-0.0" : String(value))

/** The elements as JSON. Non-finite numbers are `NaN`, `Infinity` and `-Infinity`, as Triton reads and writes them. */
export const dataText = (datatype: NumericDatatype, data: Data): string => {
  if (datatype === "BOOL") {
    return `[${Array.from(data as Uint8Array, (value) => String(value !== 0)).join(",")}]`
  }
  return data instanceof Float32Array || data instanceof Float64Array
    ? `[${Array.from(data, numberText).join(",")}]`
    : `[${data.join(",")}]`
}

/** The elements of a list of any depth, `undefined` if it is nested deeper than an array can be. */
export const flatten = (list: ReadonlyArray<unknown>): ReadonlyArray<unknown> | undefined => {
  const elements: Array<unknown> = []
  const visit = (value: unknown, depth: number): boolean => {
    if (!Array.isArray(value)) {
      elements.push(value)
      return true
    }
    return depth < maxDimensions && value.every((element) => visit(element, depth + 1))
  }
  return visit(list, 0) ? elements : undefined
}

/** The length of each dimension of a nested list, by its first elements. */
export const shapeOf = (list: ReadonlyArray<unknown>): ReadonlyArray<number> => {
  const shape: Array<number> = []
  let level: unknown = list
  while (Array.isArray(level) && shape.length < maxDimensions) {
    shape.push(level.length)
    level = level[0]
  }
  return shape
}
