/** Joins inference requests to one, along the first dimension of their tensors, and takes the response apart. */
import * as Either from "effect/Either"
import type { Batcher } from "../../../Batch.ts"
import type { TritonBytes, TritonInput, TritonRequest, TritonResponse } from "../../../Container.ts"
import { elementCount } from "../../../protocol/payload/ndArray.ts"
import { undecodable, unencodable } from "../../codec/codecError.ts"
import { ofInputs, type Tensor } from "./tensor.ts"

const mediaType = "application/json"
const noBytes = new Uint8Array()

/** Rows of a model whose largest batch is not known. A model that takes fewer rejects the request. */
const maxRows = 8

const reject = (problem: string): never => {
  throw unencodable(mediaType, { problem, issues: [problem] })
}

const fail = (problem: string): never => {
  throw undecodable(mediaType, noBytes, { problem, issues: [problem] })
}

interface Row {
  readonly tensors: ReadonlyArray<Tensor>
  /** The first dimension of the inputs. */
  readonly count: number
}

const readRow = ({ inputs }: TritonRequest, position: number): Row => {
  const tensors = Either.getOrElse(ofInputs(inputs), (problem) => reject(problem))
  const count = tensors[0]?.shape[0]
  return count !== undefined && count > 0 && tensors.every(({ shape }) => shape[0] === count)
    ? { tensors, count }
    : reject(`rows[${position}].inputs: expected tensors with the same first dimension, the number of examples`)
}

/** What requests must have in common to be joined. */
const commonOf = ({ outputs, parameters }: TritonRequest, { tensors }: Row): string =>
  JSON.stringify([
    tensors.map(({ datatype, name, parameters: own, shape }) => [name, datatype, shape.slice(1), own]),
    outputs,
    parameters
  ])

type TypedArray = Float32Array

/** Joins the elements of tensors with one datatype. */
const concatenate = (tensors: ReadonlyArray<Tensor>): TypedArray | ReadonlyArray<unknown> => {
  const parts = tensors.map(({ data }) => data as TypedArray | ReadonlyArray<unknown>)
  const [first] = parts
  if (first === undefined || Array.isArray(first)) {
    return parts.flat()
  }
  const joined = new (first.constructor as new(length: number) => TypedArray)(
    parts.reduce((sum, { length }) => sum + length, 0)
  )
  let at = 0
  for (const part of parts as ReadonlyArray<TypedArray>) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

const join = (requests: ReadonlyArray<TritonRequest>): TritonRequest => {
  const [first] = requests
  if (first === undefined || requests.length === 1) {
    return first!
  }
  const rows = requests.map(readRow)
  const common = commonOf(first, rows[0]!)
  const different = rows.findIndex((row, position) => commonOf(requests[position]!, row) !== common)
  if (different !== -1) {
    return reject(`rows[${different}]: expected the inputs, shapes, outputs and parameters of the rows before it`)
  }
  const count = rows.reduce((sum, row) => sum + row.count, 0)
  const { id: _, ...members } = first
  const inputs = rows[0]!.tensors.map(({ datatype, name, parameters, shape }, index) => ({
    name,
    datatype,
    parameters,
    shape: [count, ...shape.slice(1)],
    data: concatenate(rows.map(({ tensors }) => tensors[index]!))
  }))
  return { ...members, inputs: inputs as unknown as ReadonlyArray<TritonInput> }
}

/** The part of an output with the examples of one row. */
const slice = <Output extends TritonResponse["outputs"][string]>(
  output: Output,
  total: number,
  { count, start }: { readonly start: number; readonly count: number }
): Output => {
  const { data, name, shape } = output
  const isDivisible = Array.isArray(data) || (ArrayBuffer.isView(data) && output.dtype !== "unknown")
  if (shape[0] !== total || !isDivisible) {
    return fail(`outputs.${name}: expected the first dimension ${total}, the number of examples of the request`)
  }
  const size = elementCount(shape.slice(1))
  const elements = data as ReadonlyArray<unknown>
  return {
    ...output,
    shape: [count, ...shape.slice(1)],
    data: elements.slice(start * size, (start + count) * size)
  }
}

const split = <B extends TritonBytes>(
  response: TritonResponse<B>,
  requests: ReadonlyArray<TritonRequest>
): ReadonlyArray<TritonResponse<B>> => {
  if (requests.length === 1) {
    return [response]
  }
  const counts = requests.map((request, position) => readRow(request, position).count)
  const total = counts.reduce((sum, count) => sum + count, 0)
  let start = 0
  return counts.map((count, position) => {
    const part = { start, count }
    start += count
    const outputs = Object.entries(response.outputs).map(([name, output]) => [name, slice(output, total, part)])
    const { id = response.id } = requests[position]!
    return Object.assign({}, response, { id, outputs: Object.fromEntries(outputs) })
  })
}

export const batcher = <B extends TritonBytes>(): Batcher<
  TritonRequest,
  TritonResponse<B>,
  TritonRequest,
  TritonResponse<B>
> => ({ maxRows, join, split })
