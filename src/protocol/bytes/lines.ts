/** Bytes of a line whose end has not come yet, in a buffer with room to grow. */
export interface State {
  readonly buffer: Uint8Array
  readonly size: number
  /** Whether the last byte was a CR that ended a line, so that an LF right after it belongs to it. */
  readonly afterCr: boolean
}

/** How lines end, and how long one may be in bytes, its end not counted. */
export interface Settings {
  readonly maxLineBytes: number
  /** Whether a CR alone ends a line, besides LF and CRLF. */
  readonly loneCr: boolean
}

/** The lines that became complete with a chunk, and whether the next one is too long. */
export interface Step {
  readonly state: State
  readonly lines: ReadonlyArray<Uint8Array>
  readonly isTooLong: boolean
}

const cr = 0x0d
const lf = 0x0a

/** Before the first byte. A state is stepped once: its buffer is the next state's. */
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

const found = (index: number, end: number): number => (index === -1 ? end : index)

/** The end of a line's content: a CR before an LF is not part of it. */
const withoutCr = (line: Uint8Array): Uint8Array => (line.at(-1) === cr ? line.subarray(0, -1) : line)

/** Takes the next bytes. */
export const step = (state: State, chunk: Uint8Array, { loneCr, maxLineBytes }: Settings): Step => {
  const lines: Array<Uint8Array> = []
  const end = chunk.byteLength
  let at = state.afterCr && chunk[0] === lf ? 1 : 0
  let held: State = { ...state, afterCr: state.afterCr && end === 0 }
  let nextLf = found(chunk.indexOf(lf, at), end)
  let nextCr = loneCr ? found(chunk.indexOf(cr, at), end) : end
  while (nextLf < end || nextCr < end) {
    const stop = Math.min(nextLf, nextCr)
    const piece = chunk.subarray(at, stop)
    const whole = held.size === 0 ? piece : pending(append(held, piece))
    const line = loneCr ? whole : withoutCr(whole)
    if (line.byteLength > maxLineBytes) {
      return { state: initial, lines, isTooLong: true }
    }
    lines.push(line)
    const isCr = stop === nextCr
    held = { ...initial, afterCr: isCr && stop + 1 === end }
    at = stop + (isCr && chunk[stop + 1] === lf ? 2 : 1)
    nextLf = nextLf < at ? found(chunk.indexOf(lf, at), end) : nextLf
    nextCr = nextCr < at ? found(chunk.indexOf(cr, at), end) : nextCr
  }
  const rest = at < end ? append(held, chunk.subarray(at)) : held
  const line = loneCr ? pending(rest) : withoutCr(pending(rest))
  return { state: rest, lines, isTooLong: line.byteLength > maxLineBytes }
}

/** The last line, where it has no end of its own. */
export const finish = (state: State): Uint8Array | undefined => (state.size === 0 ? undefined : pending(state))
