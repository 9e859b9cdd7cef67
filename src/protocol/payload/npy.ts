/** NumPy's `.npy` format, versions 1 to 3. Source: NumPy's `lib/format`. */
import { concat } from "../bytes/bytes.ts"
import { parseJson } from "../json/parse.ts"
import * as float16 from "./float16.ts"
import { type Data, type Dtype, dtypes, elementCount, isShape, type NdArray, storage } from "./ndArray.ts"

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)
const alignment = 64
/** NumPy reserves space for this many digits of the first dimension. */
const firstDimensionDigits = 21
/** NumPy switches to version 2 near the largest 16-bit header length. */
const maxVersion1Length = 65_400

const shapeText = (shape: ReadonlyArray<number>): string =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const headerText = ({ dtype, shape }: Pick<NdArray, "dtype" | "shape">): string => {
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

/** The header of a file with an array of a dtype and a shape. */
export const writeHeaderOf = (array: Pick<NdArray, "dtype" | "shape">): Uint8Array => writeHeader(headerText(array))

/** The bytes of the elements of a valid array. */
export const writeData = ({ data, dtype }: NdArray): Uint8Array => {
  const stored = dtype === "float16" ? Uint16Array.from(data, float16.fromNumber) : data
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
}

/** Writes a valid array as `numpy.save` does. */
export const write = (array: NdArray): Uint8Array => concat([writeHeaderOf(array), writeData(array)])

export interface Header {
  readonly dtype: Dtype
  readonly isBigEndian: boolean
  readonly isFortranOrder: boolean
  readonly shape: ReadonlyArray<number>
  /** Where the data begins in the file. */
  readonly dataOffset: number
}

const decoder = new TextDecoder("latin1")

const headerKeys = ["descr", "fortran_order", "shape"]

/** NumPy reads headers of at most 10,000 bytes unless the caller trusts the file. */
const maxHeaderLength = 65_536

/** The bytes of a file that have the header. */
export const maxHeaderBytes = 12 + maxHeaderLength

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
  if (length > maxHeaderLength) {
    return `the header must have at most ${maxHeaderLength} bytes`
  }
  return { text: decoder.decode(file.slice(begin, begin + length)), dataOffset: begin + length }
}

const tokenPattern = / *(?:'([^'"\\\n]*)'|"([^'"\\\n]*)"|(\d+)L?|(True|False)|([{}()[\],:]))/y

/** A Python literal of dictionaries, tuples, strings, integers and booleans as JSON; `undefined` for any other text. */
const toJson = (literal: string): string | undefined => {
  const text = literal.trim()
  const json: Array<string> = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < text.length) {
    const [token, single, double, integer, boolean, symbol = ""] = tokenPattern.exec(text) ?? []
    if (token === undefined) {
      return undefined
    }
    if (/[)}\]]/.test(symbol) && json.at(-1) === ",") {
      json.pop()
    }
    const string = single ?? double
    json.push(
      string === undefined
        ? integer ?? boolean?.toLowerCase() ?? symbol.replace("(", "[").replace(")", "]")
        : JSON.stringify(string)
    )
  }
  return json.join(" ")
}

const parseDictionary = (text: string): ReadonlyMap<string, unknown> | undefined => {
  const json = toJson(text)
  try {
    const value = json === undefined ? undefined : parseJson(json)
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : undefined
  } catch {
    return undefined
  }
}

const isInteger = (value: unknown): value is number => typeof value === "number"

const parseHeader = (text: string): Omit<Header, "dataOffset"> | string => {
  const header = parseDictionary(text)
  const [description, isFortranOrder, shape] = headerKeys.map((key) => header?.get(key))
  if (
    header?.size !== headerKeys.length || typeof isFortranOrder !== "boolean" || !Array.isArray(shape) ||
    !shape.every(isInteger)
  ) {
    return "the header must be a dictionary of descr, fortran_order and shape"
  }
  const [, byteOrder, code] = /^([<>|=]?)([a-zA-Z]\d+)$/.exec(typeof description === "string" ? description : "") ?? []
  const dtype = dtypes.find((name) => storage[name].code === code)
  return dtype === undefined
    ? `the dtype must be one of ${dtypes.join(", ")}`
    : { dtype, isBigEndian: byteOrder === ">", isFortranOrder, shape }
}

/** Reads the header of a file from its first bytes, or returns why it is invalid. */
export const readHeader = (file: Uint8Array): Header | string => {
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
  const lengths = shape.filter((length) => length !== 1)
  const strides = lengths.map((_, axis) => elementCount(lengths.slice(0, axis)) * size)
  const index = lengths.map(() => 0)
  let from = 0
  for (let to = 0; to < bytes.byteLength; to += size) {
    for (let byte = 0; byte < size; byte += 1) {
      out[to + byte] = bytes[from + byte]!
    }
    for (let axis = lengths.length - 1; axis >= 0; axis -= 1) {
      index[axis]! += 1
      from += strides[axis]!
      if (index[axis]! < lengths[axis]!) {
        break
      }
      from -= strides[axis]! * lengths[axis]!
      index[axis] = 0
    }
  }
  return out
}

/** Reads elements. Aligned little-endian data is not copied. */
export const readData = (bytes: Uint8Array, { dtype, isBigEndian }: Pick<Header, "dtype" | "isBigEndian">): Data => {
  const { read: readElements, size } = storage[dtype]
  const littleEndian = isBigEndian && size > 1 ? swapByteOrder(bytes, size) : bytes
  const isAligned = littleEndian.byteOffset % size === 0 && littleEndian.buffer instanceof ArrayBuffer
  const aligned = isAligned ? littleEndian : littleEndian.slice()
  return readElements(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size)
}

/** Reads a file, or returns why it is invalid. Aligned little-endian data in C order is a view of the file. */
export const read = (file: Uint8Array): NdArray | string => {
  const header = readHeader(file)
  if (typeof header === "string") {
    return header
  }
  const { dataOffset, dtype, isBigEndian, isFortranOrder, shape } = header
  const { size } = storage[dtype]
  const stored = file.subarray(dataOffset)
  if (!isShape(shape) || stored.byteLength !== elementCount(shape) * size) {
    return "the length of the data must match the shape"
  }
  const bytes = isFortranOrder && shape.length > 1 ? fortranToC(stored, size, shape) : stored
  return { dtype, shape, data: readData(bytes, { dtype, isBigEndian }) } as NdArray
}
