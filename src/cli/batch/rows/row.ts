/** The rows of all input formats, and their values in JSON and in CSV. */
import { type Batch, Codec } from "effect-sagemaker-runtime"
import * as Predicate from "effect/Predicate"

/** A row of the input: cells of CSV, a value of JSON or Parquet, an array of NPY, or a file. */
export type Row =
  | {
    readonly _tag: "Cells"
    readonly cells: ReadonlyArray<string>
    /** The names of the cells, if the input has a header. */
    readonly columns?: ReadonlyArray<string> | undefined
  }
  | { readonly _tag: "Value"; readonly value: unknown }
  | { readonly _tag: "Array"; readonly array: Codec.NdArray }
  | { readonly _tag: "File"; readonly file: Batch.FileRow }

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** A cell of CSV as a value of JSON: a number in JSON's syntax is a number, an empty cell is null. */
export const valueOfCell = (cell: string): unknown => {
  if (cell === "") {
    return null
  }
  if (!number.test(cell)) {
    return cell
  }
  const value = Number(cell)
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(cell)) {
    return Number.isFinite(value) ? value : cell
  }
  return BigInt(cell)
}

/** Divides an array into its entries along the first axis. */
export const unstack = ({ data, dtype, shape }: Codec.NdArray): ReadonlyArray<Codec.NdArray> => {
  const [count = 1, ...rest] = shape
  const size = rest.reduce((product, length) => product * length, 1)
  return Array.from(
    { length: count },
    (_, index) => Codec.ndarray(data.slice(index * size, (index + 1) * size), { dtype, shape: rest })
  )
}

const numbersOf = ({ data }: Codec.NdArray): ReadonlyArray<number | bigint> => [...data]

/** Joins arrays of one shape and element type along a new first axis. Undefined if they differ. */
export const stack = (arrays: ReadonlyArray<Codec.NdArray>): Codec.NdArray | undefined => {
  const [first] = arrays
  if (
    first === undefined ||
    arrays.some(({ dtype, shape }) => dtype !== first.dtype || shape.join() !== first.shape.join())
  ) {
    return undefined
  }
  const size = first.data.length
  const data = new (first.data.constructor as new(length: number) => Uint8Array)(size * arrays.length)
  for (const [index, array] of arrays.entries()) {
    data.set(array.data as Uint8Array, index * size)
  }
  return Codec.ndarray(data, { dtype: first.dtype, shape: [arrays.length, ...first.shape] })
}

/** An array as nested lists of numbers. */
export const valueOfArray = (array: Codec.NdArray): unknown =>
  array.shape.length === 0 ? numbersOf(array)[0] : unstack(array).map(valueOfArray)

/** A row as a value of JSON. */
export const valueOfRow = (row: Row): unknown => {
  switch (row._tag) {
    case "Cells":
      return row.columns === undefined
        ? row.cells.map(valueOfCell)
        : Object.fromEntries(row.columns.map((name, index) => [name, valueOfCell(row.cells[index] ?? "")]))
    case "Value":
      return row.value
    case "Array":
      return valueOfArray(row.array)
    default:
      return { name: row.file.name, base64: Buffer.from(row.file.Body).toString("base64") }
  }
}

const isCell = (value: unknown): value is Codec.CsvCell =>
  value === null || ["string", "number", "bigint", "boolean", "undefined"].includes(typeof value)

/** A row as cells of CSV. Undefined if it has nested values. An empty cell has no quotes. */
export const cellsOfRow = (row: Row): ReadonlyArray<Codec.CsvCell> | undefined => {
  if (row._tag === "Cells") {
    return row.cells.map((cell) => (cell === "" ? null : cell))
  }
  const value = valueOfRow(row)
  const cells: ReadonlyArray<unknown> = Predicate.isRecord(value) ? Object.values(value) : [value].flat()
  return cells.every(isCell) ? cells : undefined
}
