/** Tensors of Triton: from a user's input or a server's JSON to typed arrays, and back. */
import * as Either from "effect/Either"
import type { TritonRequest } from "../../../Container.ts"
import { decode, isWellFormed } from "../../../protocol/bytes/utf8.ts"
import {
  type Data,
  type Dtype,
  dtypeOf,
  elementCount,
  isShape,
  type NdArray,
  storage
} from "../../../protocol/payload/ndArray.ts"
import {
  datatypeOf,
  dtypeByDatatype,
  elementSize,
  isNumericDatatype,
  type NumericDatatype,
  readElements,
  readNumbers
} from "../../../protocol/payload/tensor.ts"
import { flatten, shapeOf, toData } from "../../../protocol/payload/tensorElements.ts"
import { isRecord } from "../wireJson.ts"

/** A tensor with its members of JSON, except `data`. */
interface Members {
  readonly name: string
  readonly datatype: string
  readonly shape: ReadonlyArray<number>
  readonly parameters?: unknown
}

export type Tensor =
  & Members
  & (
    | { readonly dtype: Dtype; readonly data: Data }
    | { readonly dtype: "bytes"; readonly data: ReadonlyArray<string | Uint8Array> }
    | { readonly dtype: "unknown"; readonly data: unknown }
  )

/** Elements of `BYTES` tensors: text where the bytes are UTF-8, or always bytes. */
export type BytesMode = "text" | "binary"

const encoder = new TextEncoder()

export const toBytes = (element: string | Uint8Array): Uint8Array =>
  typeof element === "string" ? encoder.encode(element) : element

const toElement = (element: string | Uint8Array, mode: BytesMode): string | Uint8Array => {
  if (mode === "binary") {
    return toBytes(element)
  }
  return typeof element === "string" ? element : decode(element) ?? element
}

const isBytesDatatype = (datatype: string): boolean => datatype === "BYTES" || datatype === "STRING"

const isBytesElement = (element: unknown): element is string | Uint8Array =>
  typeof element === "string" || element instanceof Uint8Array

const toShape = (shape: unknown): ReadonlyArray<number> | undefined =>
  Array.isArray(shape) && shape.every((dimension) => typeof dimension === "number") && isShape(shape)
    ? shape
    : undefined

const wrongCount = (expected: number, found: number): string =>
  `data: expected ${expected} elements, as the shape has, found ${found}`

/** The tensor of elements in C order. */
const ofElements = (
  members: Members,
  elements: ReadonlyArray<unknown>,
  mode: BytesMode
): Either.Either<Tensor, string> => {
  const { datatype, shape } = members
  const count = elementCount(shape)
  if (elements.length !== count) {
    return Either.left(wrongCount(count, elements.length))
  }
  if (isBytesDatatype(datatype)) {
    const invalid = elements.findIndex((element) => !isBytesElement(element))
    const data = elements as ReadonlyArray<string | Uint8Array>
    return invalid === -1
      ? Either.right({ ...members, dtype: "bytes", data: data.map((element) => toElement(element, mode)) })
      : Either.left(`data[${invalid}]: expected text or bytes, found ${typeof elements[invalid]}`)
  }
  if (!isNumericDatatype(datatype)) {
    return Either.right({ ...members, dtype: "unknown", data: elements })
  }
  const converted = toData(datatype, elements)
  return "invalid" in converted
    ? Either.left(`data[${converted.invalid}]: expected ${datatype}`)
    : Either.right({ ...members, dtype: dtypeByDatatype[datatype], data: converted.data })
}

/** The tensor of binary data. */
export const ofBytes = (members: Members, bytes: Uint8Array, mode: BytesMode): Either.Either<Tensor, string> => {
  const { datatype, shape } = members
  const count = elementCount(shape)
  if (isBytesDatatype(datatype)) {
    const elements = readElements(bytes, count)
    return elements === undefined
      ? Either.left(`binary data: expected exactly ${count} elements with their lengths`)
      : Either.right({ ...members, dtype: "bytes", data: elements.map((element) => toElement(element, mode)) })
  }
  if (!isNumericDatatype(datatype)) {
    return Either.right({ ...members, dtype: "unknown", data: new Uint8Array(bytes) })
  }
  const size = count * elementSize(datatype)
  return bytes.byteLength === size
    ? Either.right({ ...members, dtype: dtypeByDatatype[datatype], data: readNumbers(datatype, bytes) })
    : Either.left(`binary data: expected ${size} bytes for the shape and the datatype, found ${bytes.byteLength}`)
}

/** The members of a tensor in JSON, without its data. A missing shape is the shape of the data. */
export const readMembers = (json: unknown): Either.Either<Members, string> => {
  if (!isRecord(json)) {
    return Either.left("expected an object")
  }
  const { data, datatype, name, ...others } = json
  if (typeof name !== "string" || typeof datatype !== "string") {
    return Either.left(`${typeof name === "string" ? "datatype" : "name"}: expected string`)
  }
  const shape = toShape(others["shape"] ?? (Array.isArray(data) ? shapeOf(data) : undefined))
  return shape === undefined
    ? Either.left("shape: expected a list of non-negative integers")
    : Either.right({ ...others, name, datatype: datatype.toUpperCase(), shape })
}

/** The tensor of JSON data. A tensor in shared memory has no data. */
export const ofJson = (members: Members, data: unknown, mode: BytesMode): Either.Either<Tensor, string> => {
  if (data === undefined) {
    return Either.right({ ...members, dtype: "unknown", data })
  }
  if (!isNumericDatatype(members.datatype) && !isBytesDatatype(members.datatype)) {
    return Either.right({ ...members, dtype: "unknown", data })
  }
  const elements = flatten(Array.isArray(data) ? data : [data])
  return elements === undefined ? Either.left("data: nested too deeply") : ofElements(members, elements, mode)
}

const isTypedArray = (data: unknown): data is Data => ArrayBuffer.isView(data) && !(data instanceof DataView)

/** The datatype of plain elements. Numbers have no default, because JavaScript has one class for all of them. */
const defaultDatatype = (element: unknown): string | undefined => {
  switch (typeof element) {
    case "string":
      return "BYTES"
    case "boolean":
      return "BOOL"
    case "bigint":
      return "INT64"
    default:
      return element instanceof Uint8Array ? "BYTES" : undefined
  }
}

const ofTypedArray = (members: Members, data: Data): Either.Either<Tensor, string> => {
  const { datatype, shape } = members
  const expected = isNumericDatatype(datatype) ? dtypeByDatatype[datatype] : undefined
  if (expected === undefined || !storage[expected].isData(data) || datatype === "BOOL") {
    return ofElements(members, Array.from<unknown>(data), "text")
  }
  return data.length === elementCount(shape)
    ? Either.right({ ...members, dtype: expected, data })
    : Either.left(wrongCount(elementCount(shape), data.length))
}

type Input = Extract<TritonRequest["inputs"], ReadonlyArray<unknown>>[number]

const ofInput = (input: Input): Either.Either<Tensor, string> => {
  const { data, datatype, dtype, shape, ...members } = input as Input & Partial<NdArray>
  const isTyped = isTypedArray(data)
  const elements = isTyped ? undefined : flatten(Array.isArray(data) ? data : [data])
  if (!isTyped && elements === undefined) {
    return Either.left("data: nested too deeply")
  }
  const type = datatype ??
    (isTyped ? datatypeOf(dtype ?? dtypeOf(data)) : defaultDatatype(elements?.[0]))
  if (type === undefined || !(isNumericDatatype(type) || isBytesDatatype(type))) {
    return Either.left("datatype: expected a datatype of the KServe v2 protocol")
  }
  const dimensions = toShape(shape ?? (isTyped ? [data.length] : shapeOf(data as ReadonlyArray<unknown>)))
  if (dimensions === undefined) {
    return Either.left("shape: expected a list of non-negative integers")
  }
  const unpaired = elements?.findIndex((element) => typeof element === "string" && !isWellFormed(element)) ?? -1
  if (unpaired !== -1) {
    return Either.left(`data[${unpaired}]: the text has a lone surrogate`)
  }
  const known = { ...members, datatype: type, shape: dimensions }
  return isTyped ? ofTypedArray(known, data) : ofElements(known, elements!, "text")
}

const inputsOf = (inputs: TritonRequest["inputs"]): ReadonlyArray<Input> =>
  Array.isArray(inputs)
    ? inputs
    : Object.entries(inputs).map(([name, value]) =>
      Object.assign({}, isRecord(value) && !ArrayBuffer.isView(value) ? value : { data: value }, { name }) as Input
    )

/** The tensors of a request. */
export const ofInputs = (inputs: TritonRequest["inputs"]): Either.Either<ReadonlyArray<Tensor>, string> =>
  Either.all(
    inputsOf(inputs).map((input, index) =>
      (typeof input.name === "string" ? ofInput(input) : Either.left("name: expected string")).pipe(
        Either.mapLeft((problem) => `inputs[${index}].${problem}`)
      )
    )
  )

export const hasJsonForm = (tensor: Tensor): boolean =>
  tensor.dtype === "bytes"
    ? tensor.data.every((element) => typeof element === "string" || decode(element) !== undefined)
    : tensor.datatype !== "FP16" && tensor.datatype !== "BF16"

export const isNumeric = (tensor: Tensor): tensor is Members & { readonly dtype: Dtype; readonly data: Data } =>
  isNumericDatatype(tensor.datatype) && tensor.dtype !== "bytes" && tensor.dtype !== "unknown"

export type { NumericDatatype }
