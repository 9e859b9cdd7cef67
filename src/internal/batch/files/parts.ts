/** The parts of an output: files with the rows of one range each, in a folder beside the output. */
import * as Effect from "effect/Effect"
import type { Store } from "./store.ts"

/** The rows of a part. */
export interface PartInfo {
  /** The index of the first row. */
  readonly first: number
  readonly rows: number
  /** The number of rows that failed. */
  readonly failed: number
}

/** A part that exists. */
export interface StoredPart extends PartInfo {
  readonly name: string
  readonly size: number
}

/** The digits of an index below 2^53, so that names have the order of the rows. */
const indexDigits = 16

const pattern = /^(\d{16})-(\d{1,16})-(\d{1,16})$/

export const partName = ({ failed, first, rows }: PartInfo): string =>
  `${String(first).padStart(indexDigits, "0")}-${rows}-${failed}`

export const folderOf = (output: string): string => `${output}.parts`

/** The parts in the order of their rows. Of two parts with one first row, the first is used. */
export const listParts = <E>(store: Store<E>, output: string): Effect.Effect<ReadonlyArray<StoredPart>, E> => {
  const folder = folderOf(output)
  return Effect.map(store.list(folder, "flat"), (entries) => {
    const parts = new Map<number, StoredPart>()
    for (const { name, size } of entries) {
      const [matched, first, rows, failed] = pattern.exec(name.slice(folder.length + 1)) ?? []
      if (matched !== undefined && !parts.has(Number(first))) {
        parts.set(Number(first), { name, size, first: Number(first), rows: Number(rows), failed: Number(failed) })
      }
    }
    return [...parts.values()].toSorted((one, other) => one.first - other.first)
  })
}

/** The index after the last row, if the parts have every row from the first one. */
export const coveredRows = (parts: ReadonlyArray<PartInfo>): number | undefined => {
  let next = 0
  for (const { first, rows } of parts) {
    if (first !== next) {
      return undefined
    }
    next += rows
  }
  return next
}
