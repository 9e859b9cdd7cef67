/** Messages of the KServe v2 protocol: JSON, and the binary data of tensors after it. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { EncodedValue } from "../../../Codec.ts"
import { concat } from "../../../protocol/bytes/bytes.ts"
import { decode } from "../../../protocol/bytes/utf8.ts"
import { parse } from "../../../protocol/payload/mediaType.ts"
import { endOfJsonObject, type NumericDatatype, writeElements, writeNumbers } from "../../../protocol/payload/tensor.ts"
import { dataText } from "../../../protocol/payload/tensorElements.ts"
import type { CodecError } from "../../../SageMakerError.ts"
import { undecodable, unencodable } from "../../codec/codecError.ts"
import { anyJson, isRecord } from "../wireJson.ts"
import { type BytesMode, hasJsonForm, isNumeric, ofBytes, ofJson, readMembers, type Tensor, toBytes } from "./tensor.ts"

const jsonType = "application/json"
const binaryType = "application/vnd.sagemaker-triton.binary+json"

/** A message without the data of its tensors. */
export interface Message {
  readonly members: { readonly [member: string]: unknown }
  readonly tensors: ReadonlyArray<Tensor>
}

const encoder = new TextEncoder()

const jsonOf = (value: unknown): Effect.Effect<string, CodecError> =>
  Effect.map(anyJson.encode(value), (encoded) => new TextDecoder().decode("body" in encoded ? encoded.body : encoded))

const jsonData = (tensor: Tensor): Effect.Effect<string | undefined, CodecError> => {
  if (isNumeric(tensor)) {
    return Effect.succeed(dataText(tensor.datatype as NumericDatatype, tensor.data))
  }
  const data = tensor.dtype === "bytes"
    ? tensor.data.map((element) => (typeof element === "string" ? element : decode(element)))
    : tensor.data
  return data === undefined ? Effect.succeed(undefined) : jsonOf(data)
}

const binaryData = (tensor: Tensor): Uint8Array | undefined => {
  if (isNumeric(tensor)) {
    return writeNumbers(tensor.datatype as NumericDatatype, tensor.data)
  }
  if (tensor.dtype === "bytes") {
    return writeElements(tensor.data.map(toBytes))
  }
  return tensor.data instanceof Uint8Array ? tensor.data : undefined
}

const withBinarySize = (parameters: unknown, size: number | undefined): unknown => {
  const { binary_data_size: _, ...others } = isRecord(parameters) ? parameters : {}
  if (size !== undefined) {
    return { ...others, binary_data_size: size }
  }
  return Object.keys(others).length === 0 ? undefined : others
}

const writeTensor = (tensor: Tensor, binary: Uint8Array | undefined): Effect.Effect<string, CodecError> =>
  Effect.gen(function*() {
    const { data: _, dtype: _dtype, parameters, ...members } = tensor
    const head = yield* jsonOf({ ...members, parameters: withBinarySize(parameters, binary?.byteLength) })
    const data = binary === undefined ? yield* jsonData(tensor) : undefined
    return data === undefined ? head : `${head.slice(0, -1)},"data":${data}}`
  })

/** Writes a message. `key` is the member with the tensors: `inputs` or `outputs`. */
export const write = (
  key: "inputs" | "outputs",
  { members, tensors }: Message,
  isBinary: boolean
): Effect.Effect<EncodedValue, CodecError> =>
  Effect.gen(function*() {
    const invalid = isBinary ? -1 : tensors.findIndex((tensor) => !hasJsonForm(tensor))
    if (invalid !== -1) {
      const datatype = tensors[invalid]?.dtype === "bytes" ? "BYTES that are not UTF-8" : tensors[invalid]?.datatype
      return yield* unencodable(
        jsonType,
        `${key}[${invalid}]: ${datatype} has no JSON representation: set the option binary to true`
      )
    }
    const binaries = tensors.map((tensor) => (isBinary ? binaryData(tensor) : undefined))
    const texts = yield* Effect.forEach(tensors, (tensor, index) => writeTensor(tensor, binaries[index]))
    const others = yield* jsonOf(members)
    const separator = others === "{}" ? "" : ","
    const json = encoder.encode(`{"${key}":[${texts.join(",")}]${separator}${others.slice(1)}`)
    const data = binaries.filter((bytes) => bytes !== undefined)
    return data.length === 0
      ? { body: json, contentType: jsonType }
      : { body: concat([json, ...data]), contentType: `${binaryType};json-header-size=${json.byteLength}` }
  })

const declaredSize = (contentType: string | undefined): string | undefined =>
  parse(contentType ?? "")?.parameters.get("json-header-size")

/** The length of the JSON. Without `json-header-size` the JSON ends where its object ends. */
const jsonSize = (body: Uint8Array, declared: string | undefined): Either.Either<number, string> => {
  if (declared === undefined) {
    return Either.right(endOfJsonObject(body) ?? body.byteLength)
  }
  const size = /^\d{1,15}$/.test(declared) ? Number(declared) : undefined
  return size !== undefined && size <= body.byteLength
    ? Either.right(size)
    : Either.left(`json-header-size: expected a number up to the body's ${body.byteLength} bytes`)
}

const binarySize = (parameters: unknown): Either.Either<number | undefined, string> => {
  const size = isRecord(parameters) ? parameters["binary_data_size"] : undefined
  if (size === undefined || size === null) {
    return Either.right(undefined)
  }
  return typeof size === "number" && Number.isSafeInteger(size) && size >= 0
    ? Either.right(size)
    : Either.left("parameters.binary_data_size: expected a non-negative integer")
}

const isWhitespace = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))

/** Reads the tensors in their order. JSON of an unknown length can be followed by white space. */
const readTensors = (
  json: ReadonlyArray<unknown>,
  binary: Uint8Array,
  mode: BytesMode,
  isDeclared: boolean
): Either.Either<ReadonlyArray<Tensor>, string> =>
  Either.gen(function*() {
    const tensors: Array<Tensor> = []
    let at = 0
    for (const [index, value] of json.entries()) {
      const located = Either.mapLeft((problem: string) => `[${index}].${problem}`)
      const members = yield* located(readMembers(value))
      const size = yield* located(binarySize(members.parameters))
      if (size === undefined) {
        tensors.push(yield* located(ofJson(members, (value as { readonly data?: unknown }).data ?? undefined, mode)))
        continue
      }
      if (size > binary.byteLength - at) {
        return yield* located(
          Either.left(`binary data: expected ${size} bytes, found ${binary.byteLength - at}`)
        )
      }
      tensors.push(yield* located(ofBytes(members, binary.subarray(at, at + size), mode)))
      at += size
    }
    return at === binary.byteLength || (!isDeclared && isWhitespace(binary.subarray(at)))
      ? tensors
      : yield* Either.left(`: ${binary.byteLength - at} bytes follow the binary data of the last tensor`)
  })

const duplicateOf = (tensors: ReadonlyArray<Tensor>): number => {
  const lastIndex = new Map(tensors.map(({ name }, index) => [name, index]))
  return tensors.findIndex(({ name }, index) => lastIndex.get(name) !== index)
}

/** Reads a message. Fails with `CodecError` where the JSON, the sizes, the shapes and the datatypes do not agree. */
export const read = (
  key: "inputs" | "outputs",
  body: Uint8Array,
  contentType: string | undefined,
  mode: BytesMode
): Effect.Effect<Message, CodecError> =>
  Effect.gen(function*() {
    const fail = (problem: string) =>
      undecodable(parse(contentType ?? "")?.essence ?? jsonType, body, problem, [problem])
    const declared = declaredSize(contentType)
    const size = yield* Either.mapLeft(jsonSize(body, declared), fail)
    const json = yield* anyJson.decode(body.subarray(0, size))
    const list = isRecord(json) ? json[key] : undefined
    if (!isRecord(json) || !Array.isArray(list)) {
      return yield* fail(`${key}: expected a list of tensors`)
    }
    const tensors = yield* Either.mapLeft(
      readTensors(list, body.subarray(size), mode, declared !== undefined),
      (problem) => fail(`${key}${problem}`)
    )
    const duplicate = duplicateOf(tensors)
    if (duplicate !== -1) {
      return yield* fail(`${key}[${duplicate}].name: expected a name that no other tensor has`)
    }
    const { [key]: _, ...members } = json
    return { members, tensors }
  })
