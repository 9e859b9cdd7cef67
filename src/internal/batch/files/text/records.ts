/** Divides the bytes of a text file into blocks of whole records. */
import type * as Stream from "effect/Stream"
import { addPiece, concat, type Pieces, piecesInOrder } from "../../../../protocol/bytes/bytes.ts"
import type { CodecError } from "../../../../SageMakerError.ts"
import { undecodableStream } from "../../../codec/codecError.ts"
import { transduce } from "../../../framing/transducer.ts"
import type { Scanner } from "./scan.ts"

/** A record is limited as a line of a framing is. */
const maxRecordBytes = 16_777_216

/** Some whole records. */
export interface Block {
  readonly bytes: Uint8Array
  /** The position of `bytes` in the file. */
  readonly start: number
  /** The positions after the records, in the file. The last one is the end of `bytes`. */
  readonly ends: ReadonlyArray<number>
}

interface State {
  readonly scanner: Scanner
  /** The bytes after the last record. */
  readonly rest: Pieces | undefined
  readonly restStart: number
  /** The position after the bytes so far. */
  readonly position: number
}

const withRest = (state: State, chunk: Uint8Array): State =>
  chunk.length === 0 ? state : { ...state, rest: addPiece(state.rest, chunk), position: state.position + chunk.length }

const tooLong = (mediaType: string): CodecError =>
  undecodableStream(mediaType, `a row is longer than ${maxRecordBytes} bytes`)

const step = (mediaType: string) => (state: State, chunk: Uint8Array) => {
  const ends = state.scanner.scan(chunk)
  const last = ends.at(-1)
  const next = last === undefined
    ? withRest(state, chunk)
    : withRest(
      { ...state, rest: undefined, restStart: last, position: last },
      chunk.slice(last - state.position)
    )
  return {
    state: next,
    out: last === undefined ? [] : [{
      bytes: concat([...piecesInOrder(state.rest), chunk.subarray(0, last - state.position)]),
      start: state.restStart,
      ends
    }],
    failure: next.position - next.restStart > maxRecordBytes ? tooLong(mediaType) : undefined
  }
}

/** The blocks of a file. A last record needs no end. */
export const blocks =
  (mediaType: string, makeScanner: () => Scanner) =>
  <E, R>(chunks: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Block, E | CodecError, R> =>
    transduce({
      initial: (): State => ({ scanner: makeScanner(), rest: undefined, restStart: 0, position: 0 }),
      step: step(mediaType),
      finish: ({ position, rest, restStart }): { readonly out: ReadonlyArray<Block> } => ({
        out: rest === undefined ? [] : [{ bytes: concat(piecesInOrder(rest)), start: restStart, ends: [position] }]
      })
    })(chunks)
