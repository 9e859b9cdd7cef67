/** Numeric arrays with a shape, by NumPy's dtypes. */
import * as float16 from "./float16.ts"

/** The typed array of each dtype. `float16` is widened to 32 bits, `bool` is 0 or 1. */
interface DataByDtype {
  readonly bool: Uint8Array
  readonly int8: Int8Array
  readonly uint8: Uint8Array
  readonly int16: Int16Array
  readonly uint16: Uint16Array
  readonly int32: Int32Array
  readonly uint32: Uint32Array
  readonly int64: BigInt64Array
  readonly uint64: BigUint64Array
  readonly float16: Float32Array
  readonly float32: Float32Array
  readonly float64: Float64Array
}

export type Dtype = keyof DataByDtype

/** An array in C order. */
export type NdArray = {
  readonly [D in Dtype]: {
    /** NumPy's name of the element type, for example `float32`. */
    readonly dtype: D
    /** The length of each dimension. An empty shape is a scalar. */
    readonly shape: ReadonlyArray<number>
    /** The elements in C order: the last index varies fastest. */
    readonly data: DataByDtype[D]
  }
}[Dtype]

export type Data = DataByDtype[Dtype]

/** How a dtype is stored in memory and in a file. */
interface Storage {
  /** NumPy's type code, for example `f4`. */
  readonly code: string
  /** Bytes per element in a file. */
  readonly size: number
  /** The class of the data in memory. */
  readonly className: string
  readonly isData: (data: unknown) => boolean
  readonly read: (bytes: ArrayBuffer, at: number, length: number) => Data
}

type DataClass = {
  new(bytes: ArrayBuffer, at: number, length: number): Data
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
}

const storedAs = (code: string, data: DataClass): Storage => ({
  code,
  size: data.BYTES_PER_ELEMENT,
  className: data.name,
  isData: (value) => value instanceof data,
  read: (bytes, at, length) => new data(bytes, at, length)
})

export const storage: { readonly [D in Dtype]: Storage } = {
  bool: storedAs("b1", Uint8Array),
  int8: storedAs("i1", Int8Array),
  uint8: storedAs("u1", Uint8Array),
  int16: storedAs("i2", Int16Array),
  uint16: storedAs("u2", Uint16Array),
  int32: storedAs("i4", Int32Array),
  uint32: storedAs("u4", Uint32Array),
  int64: storedAs("i8", BigInt64Array),
  uint64: storedAs("u8", BigUint64Array),
  float16: {
    ...storedAs("f2", Uint16Array),
    className: "Float32Array",
    isData: (value) => value instanceof Float32Array,
    read: (bytes, at, length) => Float32Array.from(new Uint16Array(bytes, at, length), float16.toNumber)
  },
  float32: storedAs("f4", Float32Array),
  float64: storedAs("f8", Float64Array)
}

export const dtypes = Object.keys(storage) as ReadonlyArray<Dtype>

/** The dtype of a typed array. `bool` and `float16` share their class with another dtype, so they are never the result. */
export const dtypeOf = (data: Data): Dtype =>
  dtypes.find((dtype) => dtype !== "bool" && dtype !== "float16" && storage[dtype].isData(data))!

/** The number of elements that a shape describes. */
export const elementCount = (shape: ReadonlyArray<number>): number =>
  shape.reduce((length, dimension) => length * dimension, 1)

/** NumPy's limit for the number of dimensions. */
export const maxDimensions = 64

export const isShape = (shape: ReadonlyArray<number>): boolean =>
  shape.length <= maxDimensions && shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0) &&
  Number.isSafeInteger(elementCount(shape))

/** Why an array is invalid, `undefined` for a valid one. */
export const problemOf = ({ data, dtype, shape }: NdArray): string | undefined => {
  if (!Object.hasOwn(storage, dtype)) {
    return `the dtype must be one of ${dtypes.join(", ")}`
  }
  const { className, isData } = storage[dtype]
  if (!isData(data)) {
    return `dtype ${dtype} requires data of type ${className}`
  }
  if (!Array.isArray(shape) || !isShape(shape)) {
    return `the shape must be a list of at most ${maxDimensions} non-negative integers`
  }
  if (elementCount(shape) !== data.length) {
    return `the shape has ${elementCount(shape)} elements, the data has ${data.length}`
  }
  if (dtype === "bool" && !data.every((value) => value <= 1)) {
    return "every element of dtype bool must be 0 or 1"
  }
  return undefined
}
