/** The rows of a run that are done, and those of the chunks in flight. */
import type { RowRange } from "./format.ts"
import type { PartInfo } from "./parts.ts"

/** Ranges of rows, joined where they meet. */
export class RowRanges {
  readonly #endOf = new Map<number, number>()
  readonly #startOf = new Map<number, number>()
  #rows = 0

  /** Adds a range that has no row in common with the others. */
  add(start: number, end: number): void {
    const from = this.#startOf.get(start) ?? start
    const to = this.#endOf.get(end) ?? end
    this.#startOf.delete(start)
    this.#endOf.delete(end)
    this.#endOf.set(from, to)
    this.#startOf.set(to, from)
    this.#rows += end - start
  }

  get rows(): number {
    return this.#rows
  }

  /** The ranges in their order: the first row, and the one after the last. */
  get all(): ReadonlyArray<readonly [start: number, end: number]> {
    return [...this.#endOf].toSorted(([one], [other]) => one - other)
  }
}

/** The records of a range that are there so far. */
export class OpenChunk<Record> {
  readonly range: RowRange
  /** The index of the first row among the rows of this run. */
  readonly offset: number
  readonly records: Array<Record>
  #missing: number
  #failed = 0

  constructor(range: RowRange, offset: number) {
    this.range = range
    this.offset = offset
    this.records = Array.from({ length: range.rows })
    this.#missing = range.rows
  }

  has(index: number): boolean {
    return index >= this.offset && index < this.offset + this.range.rows
  }

  /** The index in the input of a row of this run. */
  indexOf(index: number): number {
    return this.range.first + index - this.offset
  }

  add(index: number, record: Record, isFailed: boolean): void {
    this.records[index - this.offset] = record
    this.#missing -= 1
    this.#failed += isFailed ? 1 : 0
  }

  get isComplete(): boolean {
    return this.#missing === 0
  }

  get part(): PartInfo {
    return { first: this.range.first, rows: this.range.rows, failed: this.#failed }
  }
}

/** The chunks in flight. */
export class OpenChunks<Record> {
  readonly #open = new Set<OpenChunk<Record>>()
  #last: OpenChunk<Record> | undefined
  #rows = 0

  /** Adds the next chunk of the run. */
  open(range: RowRange): void {
    this.#open.add(new OpenChunk(range, this.#rows))
    this.#rows += range.rows
  }

  /** Whether a number of rows of this run is the end of a chunk. */
  isEnd(rows: number): boolean {
    return rows === this.#rows
  }

  /** The chunk of a row of this run. Results of one request have the same chunk. */
  find(index: number): OpenChunk<Record> {
    if (this.#last?.has(index) !== true) {
      this.#last = [...this.#open].find((chunk) => chunk.has(index))!
    }
    return this.#last
  }

  close(chunk: OpenChunk<Record>): void {
    this.#open.delete(chunk)
  }
}
