/** NumPy's `.npy` format, versions 1 to 3. Source: NumPy's `lib/format`. */
import { concat } from "../bytes/bytes.ts"
import * as float16 from "./float16.ts"
import { type Dtype, dtypes, elementCount, isShape, type NdArray, storage } from "./ndArray.ts"

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)
const alignment = 64
/** NumPy reserves space for this many digits of the first dimension. */
const firstDimensionDigits = 21
/** NumPy switches to version 2 near the largest 16-bit header length. */
const maxVersion1Length = 65_400

const shapeText = (shape: ReadonlyArray<number>): string =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const headerText = ({ dtype, shape }: NdArray): string => {
  const { code, size } = storage[dtype]
  const byteOrder = size === 1 ? "|" : "<"
  const reserved = shape.length === 0
    ? ""
    : " ".repeat(Math.max(0, firstDimensionDigits - String(shape[0]).length))
  return `{'descr': '${byteOrder}${code}', 'fortran_order': False, 'shape': ${shapeText(shape)}, }${reserved}`
}

const writeHeader = (text: string): Uint8Array => {
  const isVersion1 = text.length <= maxVersion1Length
  const prefix = new Uint8Array(magic.byteLength + (isVersion1 ? 4 : 6))
  const padding = alignment - ((prefix.byteLength + text.length + 1) % alignment)
  const padded = latin1(`${text}${" ".repeat(padding)}\n`)
  prefix.set(magic)
  prefix[6] = isVersion1 ? 1 : 2
  const view = new DataView(prefix.buffer)
  if (isVersion1) {
    view.setUint16(8, padded.byteLength, true)
  } else {
    view.setUint32(8, padded.byteLength, true)
  }
  return concat([prefix, padded])
}

/** Writes a valid array as `numpy.save` does. */
export const write = (array: NdArray): Uint8Array => {
  const { data, dtype } = array
  const stored = dtype === "float16" ? Uint16Array.from(data, float16.fromNumber) : data
  return concat([
    writeHeader(headerText(array)),
    new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
  ])
}

interface Header {
  readonly dtype: Dtype
  readonly isBigEndian: boolean
  readonly isFortranOrder: boolean
  readonly shape: ReadonlyArray<number>
  /** Where the data begins in the file. */
  readonly dataOffset: number
}

const descriptionPattern = /'descr': *'([<>|=])([a-zA-Z]\d+)'/
const orderPattern = /'fortran_order': *(True|False)/
const shapePattern = /'shape': *\(((?: *\d+ *,)* *\d* *)\)/

/** The header's text and where the data begins. */
const locateHeader = (file: Uint8Array): { readonly text: string; readonly dataOffset: number } | string => {
  if (file.byteLength < 12 || magic.some((byte, at) => file[at] !== byte)) {
    return "the NPY magic string is missing"
  }
  const version = file[6]!
  if (version < 1 || version > 3) {
    return "the format version must be 1, 2 or 3"
  }
  const view = new DataView(file.buffer, file.byteOffset)
  const [begin, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  if (begin + length > file.byteLength) {
    return "the header is truncated"
  }
  const text = String.fromCharCode(...file.subarray(begin, begin + Math.min(length, 65_536)))
  return { text, dataOffset: begin + length }
}

const parseShape = (dimensions: string): ReadonlyArray<number> =>
  dimensions.split(",").map((dimension) => dimension.trim()).filter((dimension) => dimension !== "").map(Number)

const parseHeader = (text: string): Omit<Header, "dataOffset"> | string => {
  const [, byteOrder, code] = descriptionPattern.exec(text) ?? []
  const dtype = dtypes.find((name) => storage[name].code === code)
  if (dtype === undefined) {
    return `the dtype must be one of ${dtypes.join(", ")}`
  }
  const [, order] = orderPattern.exec(text) ?? []
  const [, dimensions] = shapePattern.exec(text) ?? []
  if (order === undefined || dimensions === undefined) {
    return "the header must have fortran_order and shape"
  }
  return { dtype, isBigEndian: byteOrder === ">", isFortranOrder: order === "True", shape: parseShape(dimensions) }
}

const readHeader = (file: Uint8Array): Header | string => {
  const located = locateHeader(file)
  if (typeof located === "string") {
    return located
  }
  const header = parseHeader(located.text)
  return typeof header === "string" ? header : { ...header, dataOffset: located.dataOffset }
}

const swapByteOrder = (bytes: Uint8Array, size: number): Uint8Array => {
  const out = new Uint8Array(bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; at += size) {
    for (let byte = 0; byte < size; byte += 1) {
      out[at + byte] = bytes[at + size - 1 - byte]!
    }
  }
  return out
}

const fortranToC = (bytes: Uint8Array, size: number, shape: ReadonlyArray<number>): Uint8Array => {
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

/** Reads a file, or returns why it is invalid. Aligned little-endian data in C order is a view of the file. */
export const read = (file: Uint8Array): NdArray | string => {
  const header = readHeader(file)
  if (typeof header === "string") {
    return header
  }
  const { dataOffset, dtype, isBigEndian, isFortranOrder, shape } = header
  const { read: readData, size } = storage[dtype]
  const stored = file.subarray(dataOffset)
  if (!isShape(shape) || stored.byteLength !== elementCount(shape) * size) {
    return "the length of the data must match the shape"
  }
  const littleEndian = isBigEndian && size > 1 ? swapByteOrder(stored, size) : stored
  const bytes = isFortranOrder && shape.length > 1 ? fortranToC(littleEndian, size, shape) : littleEndian
  const aligned = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice()
  const data = readData(aligned.buffer as ArrayBuffer, aligned.byteOffset, elementCount(shape))
  return { dtype, shape, data } as NdArray
}
