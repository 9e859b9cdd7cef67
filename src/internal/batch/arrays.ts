/** Batchers of numeric arrays, whose rows are the entries of the first axis, and of files. */
import type { Batcher, BatcherLimits, FileRow } from "../../Batch.ts"
import type { NdArray } from "../../Codec.ts"
import { elementCount, problemOf } from "../../protocol/payload/ndArray.ts"
import { undecodable, unencodable } from "../codec/codecError.ts"

const mediaType = "application/x-npy"

const isSameShape = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): boolean =>
  one.length === other.length && one.every((length, axis) => length === other[axis])

const join = (rows: ReadonlyArray<NdArray>): NdArray => {
  const [first] = rows
  const { data, dtype, shape } = first!
  for (const row of rows) {
    const problem = problemOf(row) ??
      (row.dtype === dtype && isSameShape(row.shape, shape) ? undefined : "all rows must have one dtype and one shape")
    if (problem !== undefined) {
      throw unencodable(mediaType, problem)
    }
  }
  const joined = new (data.constructor as new(length: number) => NdArray["data"])(rows.length * data.length)
  for (const [at, row] of rows.entries()) {
    joined.set(row.data as never, at * data.length)
  }
  return { dtype, shape: [rows.length, ...shape], data: joined } as NdArray
}

const split = ({ data, dtype, shape }: NdArray, sent: ReadonlyArray<NdArray>): ReadonlyArray<NdArray> => {
  const [rows, ...rowShape] = shape
  if (rows !== sent.length) {
    throw undecodable(
      mediaType,
      new Uint8Array(),
      `the first dimension must be ${sent.length}, found ${rows ?? "none"}`
    )
  }
  const length = elementCount(rowShape)
  return Array.from(
    { length: rows },
    (_, row) => ({ dtype, shape: rowShape, data: data.slice(row * length, (row + 1) * length) }) as NdArray
  )
}

export const arrays = (limits: BatcherLimits = {}): Batcher<NdArray, NdArray, NdArray, NdArray> => ({
  ...limits,
  join,
  split
})

/** One file per request. */
export const bodies = <Out>(): Batcher<FileRow, Out, Uint8Array, Out> => ({
  maxRows: 1,
  join: ([row]) => row!.Body,
  split: (response) => [response]
})
