/** numpy's `.npy` format, versions 1 to 3. Source: numpy's `lib/format`. */
import { concat } from "../bytes/bytes.ts"
import * as float16 from "./float16.ts"

/** What an array's data is kept in, by numpy's name of its type; `float16` is widened, `bool` is 0 or 1. */
interface DataOf {
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

export type Dtype = keyof DataOf

/** An array in C order: the last index runs fastest. */
export type NdArray = {
  readonly [D in Dtype]: { readonly dtype: D; readonly shape: ReadonlyArray<number>; readonly data: DataOf[D] }
}[Dtype]

/** A typed array of any of those types. */
export type Data = DataOf[Dtype]

interface Kind {
  readonly code: string
  readonly size: number
  readonly is: (data: unknown) => boolean
  readonly read: (bytes: ArrayBuffer, at: number, length: number) => Data
}

type DataClass = { new(bytes: ArrayBuffer, at: number, length: number): Data; readonly BYTES_PER_ELEMENT: number }

const kind = (code: string, data: DataClass): Kind => ({
  code,
  size: data.BYTES_PER_ELEMENT,
  is: (value) => value instanceof data,
  read: (bytes, at, length) => new data(bytes, at, length)
})

const kinds: { readonly [D in Dtype]: Kind } = {
  bool: kind("b1", Uint8Array),
  int8: kind("i1", Int8Array),
  uint8: kind("u1", Uint8Array),
  int16: kind("i2", Int16Array),
  uint16: kind("u2", Uint16Array),
  int32: kind("i4", Int32Array),
  uint32: kind("u4", Uint32Array),
  int64: kind("i8", BigInt64Array),
  uint64: kind("u8", BigUint64Array),
  float16: {
    ...kind("f2", Uint16Array),
    is: (value) => value instanceof Float32Array,
    read: (bytes, at, length) => Float32Array.from(new Uint16Array(bytes, at, length), float16.toNumber)
  },
  float32: kind("f4", Float32Array),
  float64: kind("f8", Float64Array)
}

const dtypes = Object.keys(kinds) as ReadonlyArray<Dtype>

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)
const alignment = 64
/** numpy leaves room for the first dimension to grow to this many digits. */
const growth = 21

const product = (shape: ReadonlyArray<number>): number => shape.reduce((length, dimension) => length * dimension, 1)

const isShape = (shape: ReadonlyArray<number>): boolean =>
  shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0) && Number.isSafeInteger(product(shape))

/** numpy's name for the type of some data: that of the typed array, where nothing else is said. */
export const dtypeOf = (data: Data): Dtype =>
  dtypes.find((dtype) => dtype !== "bool" && dtype !== "float16" && kinds[dtype].is(data))!

/** What keeps an array from being written. */
export const problemOf = ({ data, dtype, shape }: NdArray): string | undefined =>
  !Object.hasOwn(kinds, dtype)
    ? `its dtype must be one of ${dtypes.join(", ")}`
    : !kinds[dtype].is(data)
    ? `its data is not what ${dtype} is kept in`
    : !Array.isArray(shape) || !isShape(shape)
    ? "its shape must be whole numbers from 0"
    : product(shape) !== data.length
    ? `its shape is one of ${product(shape)} numbers and its data has ${data.length}`
    : dtype === "bool" && !data.every((value) => value <= 1)
    ? "a bool must be 0 or 1"
    : undefined

const shapeText = (shape: ReadonlyArray<number>): string =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** The file numpy writes for an array that has no problem: version 1, or 2 where the header is too long for it. */
export const write = ({ data, dtype, shape }: NdArray): Uint8Array => {
  const { code, size } = kinds[dtype]
  const order = size === 1 ? "|" : "<"
  const room = shape.length === 0 ? "" : " ".repeat(Math.max(0, growth - String(shape[0]).length))
  const dictionary = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${shapeText(shape)}, }${room}`
  const frame = (lengthSize: 2 | 4): Uint8Array => {
    const begin = magic.byteLength + 2 + lengthSize
    const padding = alignment - ((begin + dictionary.length + 1) % alignment)
    const text = latin1(`${dictionary}${" ".repeat(padding)}\n`)
    const head = new Uint8Array(begin)
    head.set(magic)
    head[6] = lengthSize === 2 ? 1 : 2
    const view = new DataView(head.buffer)
    if (lengthSize === 2) {
      view.setUint16(8, text.byteLength, true)
    } else {
      view.setUint32(8, text.byteLength, true)
    }
    return concat([head, text])
  }
  const stored = dtype === "float16" ? Uint16Array.from(data, float16.fromNumber) : data
  return concat([
    frame(dictionary.length > 65_400 ? 4 : 2),
    new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
  ])
}

/** Bytes of numbers with the other byte order. */
const swapped = (bytes: Uint8Array, size: number): Uint8Array => {
  const out = new Uint8Array(bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; at += size) {
    for (let byte = 0; byte < size; byte += 1) {
      out[at + byte] = bytes[at + size - 1 - byte]!
    }
  }
  return out
}

/** Numbers whose first index ran fastest, with the last one running fastest. */
const transposed = (bytes: Uint8Array, size: number, shape: ReadonlyArray<number>): Uint8Array => {
  const out = new Uint8Array(bytes.byteLength)
  const index = shape.map(() => 0)
  for (let to = 0; to < bytes.byteLength; to += size) {
    const from = index.reduceRight((at, position, axis) => at * shape[axis]! + position, 0) * size
    out.set(bytes.subarray(from, from + size), to)
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis]! += 1
      if (index[axis]! < shape[axis]!) {
        break
      }
      index[axis] = 0
    }
  }
  return out
}

const shapePattern = /'shape': *\(((?: *\d+ *,)* *\d* *)\)/

/** Reads a file, or says what keeps it from being read. A file in C order and this machine's byte order is not copied. */
export const read = (file: Uint8Array): NdArray | string => {
  if (file.byteLength < 12 || magic.some((byte, at) => file[at] !== byte)) {
    return "it does not begin as a file of numpy"
  }
  const version = file[6]!
  if (version < 1 || version > 3) {
    return "its version is not 1, 2 or 3"
  }
  const view = new DataView(file.buffer, file.byteOffset)
  const [begin, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  if (begin + length > file.byteLength) {
    return "it ends inside its header"
  }
  const header = String.fromCharCode(...file.subarray(begin, begin + Math.min(length, 65_536)))
  const [, order, code] = /'descr': *'([<>|=])([a-zA-Z]\d+)'/.exec(header) ?? []
  const dtype = dtypes.find((name) => kinds[name].code === code)
  if (dtype === undefined) {
    return `its dtype is not one of ${dtypes.join(", ")}`
  }
  const [, isFortran] = /'fortran_order': *(True|False)/.exec(header) ?? []
  const [, dimensions] = shapePattern.exec(header) ?? []
  if (isFortran === undefined || dimensions === undefined) {
    return "its header lacks a shape or an order"
  }
  const shape = dimensions.split(",").map((text) => text.trim()).filter((text) => text !== "").map(Number)
  const { read: readData, size } = kinds[dtype]
  const stored = file.subarray(begin + length)
  if (!isShape(shape) || stored.byteLength !== product(shape) * size) {
    return "its data is not as long as its shape says"
  }
  const ordered = order === ">" && size > 1 ? swapped(stored, size) : stored
  const bytes = isFortran === "True" && shape.length > 1 ? transposed(ordered, size, shape) : ordered
  const aligned = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice()
  return { dtype, shape, data: readData(aligned.buffer as ArrayBuffer, aligned.byteOffset, product(shape)) } as NdArray
}
