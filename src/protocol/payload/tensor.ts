/** Tensors of the KServe v2 protocol as bytes: little-endian elements in C order, without padding. */
import { concat } from "../bytes/bytes.ts"
import * as bfloat16 from "./bfloat16.ts"
import * as float16 from "./float16.ts"
import { type Data, type Dtype, storage } from "./ndArray.ts"

/** The dtype of each numeric datatype. `BF16` is widened to 32 bits. */
export const dtypeByDatatype = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BF16: "float32"
} as const satisfies { readonly [datatype: string]: Dtype }

export type NumericDatatype = keyof typeof dtypeByDatatype

export const isNumericDatatype = (datatype: string): datatype is NumericDatatype =>
  Object.hasOwn(dtypeByDatatype, datatype)

/** The datatype of each dtype. */
export const datatypeOf = (dtype: Dtype): NumericDatatype =>
  (Object.keys(dtypeByDatatype) as ReadonlyArray<NumericDatatype>).find((datatype) =>
    dtypeByDatatype[datatype] === dtype
  )!

export const elementSize = (datatype: NumericDatatype): number =>
  datatype === "BF16" ? 2 : storage[dtypeByDatatype[datatype]].size

const bytesOf = (data: Data | Uint16Array): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The bytes of the elements. */
export const writeNumbers = (datatype: NumericDatatype, data: Data): Uint8Array => {
  if (datatype === "BF16") {
    return bytesOf(Uint16Array.from(data as Float32Array, bfloat16.fromNumber))
  }
  return bytesOf(datatype === "FP16" ? Uint16Array.from(data as Float32Array, float16.fromNumber) : data)
}

/** The elements. The length of the bytes must be a multiple of the size of an element. */
export const readNumbers = (datatype: NumericDatatype, bytes: Uint8Array): Data => {
  const { buffer } = new Uint8Array(bytes)
  const length = bytes.byteLength / elementSize(datatype)
  if (datatype === "BF16") {
    return Float32Array.from(new Uint16Array(buffer), bfloat16.toNumber)
  }
  const data = storage[dtypeByDatatype[datatype]].read(buffer, 0, length)
  return datatype === "BOOL" ? (data as Uint8Array).map((value) => (value === 0 ? 0 : 1)) : data
}

const lengthSize = 4

/** The bytes of a `BYTES` tensor: each element after its length. */
export const writeElements = (elements: ReadonlyArray<Uint8Array>): Uint8Array =>
  concat(elements.flatMap((element) => {
    const length = new Uint8Array(lengthSize)
    new DataView(length.buffer).setUint32(0, element.byteLength, true)
    return [length, element]
  }))

/** The elements of a `BYTES` tensor, `undefined` if the bytes do not contain exactly `count` elements. */
export const readElements = (bytes: Uint8Array, count: number): ReadonlyArray<Uint8Array> | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const elements: Array<Uint8Array> = []
  let at = 0
  while (elements.length < count) {
    if (at + lengthSize > bytes.byteLength) {
      return undefined
    }
    const begin = at + lengthSize
    at = begin + view.getUint32(at, true)
    if (at > bytes.byteLength) {
      return undefined
    }
    elements.push(new Uint8Array(bytes.subarray(begin, at)))
  }
  return at === bytes.byteLength ? elements : undefined
}

/** Where the JSON object at the start of the bytes ends, `undefined` if there is none. */
export const endOfJsonObject = (bytes: Uint8Array): number | undefined => {
  let depth = 0
  let isInString = false
  for (let at = 0; at < bytes.byteLength; at += 1) {
    const byte = bytes[at]
    if (isInString) {
      if (byte === 0x5c) {
        at += 1
      } else {
        isInString = byte !== 0x22
      }
    } else if (byte === 0x22) {
      isInString = true
    } else if (byte === 0x7b) {
      depth += 1
    } else if (byte === 0x7d) {
      depth -= 1
      if (depth === 0) {
        return at + 1
      }
    }
  }
  return undefined
}
