/** Divides the records of a text file into ranges of rows. */
import type * as Stream from "effect/Stream"
import { concat } from "../../../../protocol/bytes/bytes.ts"
import { transduce } from "../../../framing/transducer.ts"
import type { RowRange } from "../format.ts"
import type { Block } from "./records.ts"
import { canStartBlank } from "./scan.ts"

/** A range ends after the row that reaches this size, so that the rows of a range fit in memory. */
const maxRangeBytes = 16_777_216

/** A range of rows with its bytes. */
export interface TextRange {
  readonly range: RowRange
  /** The bytes before the first row: the header of CSV. */
  readonly header: Uint8Array
  /** The bytes of the rows, `undefined` if they were not needed. */
  readonly bytes: Uint8Array | undefined
}

export interface RangeOptions {
  readonly chunkRows: number
  /** Whether the first row is a header. */
  readonly hasHeader: boolean
  /** Whether a record has no row. */
  readonly isBlank: (record: Uint8Array) => boolean
  /** Whether the bytes of the range with a first row are needed. */
  readonly isNeeded: (first: number) => boolean
  /** Whether a range ends with each block. */
  readonly endsWithBlock: boolean
}

const noBytes = new Uint8Array()

/** Collects records to ranges. */
class Collector {
  readonly #options: RangeOptions
  #header: Uint8Array | undefined
  #pieces: Array<Uint8Array> = []
  #headerEnd = 0
  #first = 0
  #rows = 0
  #start = 0
  #end = 0
  /** The end of the bytes that are in the pieces, or are not needed. */
  #kept = 0
  #lines = 0
  #startLine = 0
  #isNeeded: boolean

  constructor(options: RangeOptions) {
    this.#options = options
    this.#header = options.hasHeader ? undefined : noBytes
    this.#isNeeded = options.isNeeded(0)
  }

  /** Adds the records of a block. Returns the ranges that end. */
  add(block: Block): ReadonlyArray<TextRange> {
    const ended: Array<TextRange> = []
    let from = block.start
    this.#kept = block.start
    for (const end of block.ends) {
      this.#addRecord(block, from, end)
      from = end
      if (this.#rows === this.#options.chunkRows || (this.#rows > 0 && end - this.#start >= maxRangeBytes)) {
        this.#keep(block)
        ended.push(this.endRange())
      }
    }
    this.#keep(block)
    return this.#options.endsWithBlock && this.#rows > 0 ? [...ended, this.endRange()] : ended
  }

  #isBlank(block: Block, from: number, end: number): boolean {
    return canStartBlank(block.bytes[from - block.start]!) &&
      this.#options.isBlank(block.bytes.subarray(from - block.start, end - block.start))
  }

  #addRecord(block: Block, from: number, end: number): void {
    this.#end = end
    this.#lines += 1
    if (!this.#isBlank(block, from, end)) {
      if (this.#header !== undefined) {
        this.#rows += 1
        return
      }
      this.#header = block.bytes.slice(from - block.start, end - block.start)
      this.#headerEnd = end
    }
    // A range starts with a row.
    if (this.#rows === 0) {
      this.#kept = end
      this.#start = end
      this.#startLine = this.#lines
    }
  }

  #keep({ bytes, start }: Block): void {
    if (this.#isNeeded && this.#end > this.#kept) {
      this.#pieces.push(bytes.subarray(this.#kept - start, this.#end - start))
    }
    this.#kept = this.#end
  }

  get hasRows(): boolean {
    return this.#rows > 0
  }

  endRange(): TextRange {
    const header = this.#header ?? noBytes
    const ended: TextRange = {
      range: {
        first: this.#first,
        rows: this.#rows,
        start: this.#start,
        end: this.#end,
        header: this.#headerEnd,
        line: this.#startLine
      },
      header,
      bytes: this.#isNeeded ? concat(this.#pieces) : undefined
    }
    this.#first += this.#rows
    this.#rows = 0
    this.#start = this.#end
    this.#startLine = this.#lines
    this.#pieces = []
    this.#isNeeded = this.#options.isNeeded(this.#first)
    return ended
  }
}

/** The ranges of a file. The rows of a range are at most `chunkRows`, and the bytes at most 16 MiB and one row. */
export const textRanges =
  (options: RangeOptions) => <E, R>(blocks: Stream.Stream<Block, E, R>): Stream.Stream<TextRange, E, R> =>
    transduce<Collector, Block, TextRange, never>({
      initial: () => new Collector(options),
      step: (collector, block) => ({ state: collector, out: collector.add(block) }),
      finish: (collector) => ({ out: collector.hasRows ? [collector.endRange()] : [] })
    })(blocks)
