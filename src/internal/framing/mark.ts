/** The byte order mark at the beginning of a stream's first line. */
const mark = [0xef, 0xbb, 0xbf]

/** A line without it. */
export const stripByteOrderMark = (line: Uint8Array): Uint8Array =>
  mark.every((byte, at) => line[at] === byte) ? line.subarray(mark.length) : line
