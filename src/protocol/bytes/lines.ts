/** Splits bytes into lines across chunk boundaries. */
import { stripFromBytes, stripFromText } from "./byteOrderMark.ts"

/** Bytes of an unfinished line, in a buffer with room to grow. */
export interface State {
  readonly buffer: Uint8Array
  readonly size: number
  /** Whether the last byte was a CR that ended a line. An LF after it is part of the same line end. */
  readonly afterCr: boolean
}

export interface Settings {
  /** The maximum length of a line in bytes, without its line end. */
  readonly maxLineBytes: number
  /** Whether a CR alone ends a line, in addition to LF and CRLF. */
  readonly loneCr: boolean
}

export interface Step {
  readonly state: State
  /** The lines that a chunk completed. */
  readonly lines: ReadonlyArray<Uint8Array>
  /** Whether the line after `lines` exceeds the limit. */
  readonly isTooLong: boolean
}

const cr = 0x0d
const lf = 0x0a

/** The state before the first byte. Pass each state to `step` only once, because the next state reuses its buffer. */
export const initial: State = { buffer: new Uint8Array(), size: 0, afterCr: false }

const append = ({ buffer, size }: State, bytes: Uint8Array): State => {
  const needed = size + bytes.byteLength
  const grown = needed <= buffer.byteLength ? buffer : new Uint8Array(Math.max(64, needed, 2 * buffer.byteLength))
  if (grown !== buffer) {
    grown.set(buffer.subarray(0, size))
  }
  grown.set(bytes, size)
  return { buffer: grown, size: needed, afterCr: false }
}

const pending = ({ buffer, size }: State): Uint8Array => buffer.subarray(0, size)

const withoutTrailingCr = (line: Uint8Array): Uint8Array => (line.at(-1) === cr ? line.subarray(0, -1) : line)

/** The content of a line. With lone CRs as line ends no line contains a CR. */
const content = (line: Uint8Array, loneCr: boolean): Uint8Array => (loneCr ? line : withoutTrailingCr(line))

/** The pending bytes and the bytes up to a line end. A line within one chunk is not copied. */
const join = (state: State, bytes: Uint8Array): Uint8Array => state.size === 0 ? bytes : pending(append(state, bytes))

const positionOf = (byte: number, chunk: Uint8Array, from: number): number => {
  const index = chunk.indexOf(byte, from)
  return index === -1 ? chunk.byteLength : index
}

const withRemainder = (state: State, chunk: Uint8Array, from: number): State =>
  from < chunk.byteLength ? append(state, chunk.subarray(from)) : state

/** Processes the next chunk. */
export const step = (state: State, chunk: Uint8Array, { loneCr, maxLineBytes }: Settings): Step => {
  const lines: Array<Uint8Array> = []
  const end = chunk.byteLength
  let at = state.afterCr && chunk[0] === lf ? 1 : 0
  let current: State = { ...state, afterCr: state.afterCr && end === 0 }
  let nextLf = positionOf(lf, chunk, at)
  let nextCr = loneCr ? positionOf(cr, chunk, at) : end
  while (nextLf < end || nextCr < end) {
    const stop = Math.min(nextLf, nextCr)
    const line = content(join(current, chunk.subarray(at, stop)), loneCr)
    if (line.byteLength > maxLineBytes) {
      return { state: initial, lines, isTooLong: true }
    }
    lines.push(line)
    const isCr = stop === nextCr
    current = { ...initial, afterCr: isCr && stop + 1 === end }
    at = stop + (isCr && chunk[stop + 1] === lf ? 2 : 1)
    nextLf = nextLf < at ? positionOf(lf, chunk, at) : nextLf
    nextCr = nextCr < at ? positionOf(cr, chunk, at) : nextCr
  }
  const rest = withRemainder(current, chunk, at)
  return { state: rest, lines, isTooLong: content(pending(rest), loneCr).byteLength > maxLineBytes }
}

/** The last line, if it has no line end. */
export const finish = (state: State): Uint8Array | undefined => (state.size === 0 ? undefined : pending(state))

const isWhitespace = (code: number): boolean => code === 0x20 || code === 0x09 || code === cr

/** Whether a line of JSON Lines has no value: only spaces, tabs and CRs, after an optional byte order mark. */
export const isBlank = (line: Uint8Array): boolean => {
  const rest = stripFromBytes(line)
  let at = 0
  while (at < rest.byteLength && isWhitespace(rest[at]!)) {
    at += 1
  }
  return at === rest.byteLength
}

const isBlankText = (line: string): boolean => {
  let at = 0
  while (at < line.length && isWhitespace(line.charCodeAt(at))) {
    at += 1
  }
  return at === line.length
}

/** The lines of a text that are not blank, each without a byte order mark. */
export const nonBlankLines = (text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (let at = 0; at <= text.length;) {
    const end = text.indexOf("\n", at)
    const line = stripFromText(text.slice(at, end === -1 ? text.length : end))
    if (!isBlankText(line)) {
      lines.push(line)
    }
    at = end === -1 ? text.length + 1 : end + 1
  }
  return lines
}
