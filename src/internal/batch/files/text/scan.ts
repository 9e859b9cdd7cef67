/** Finds the ends of records in the bytes of a text file, without decoding them. Positions are those in the file. */

const lf = 0x0a
const cr = 0x0d
const quote = 0x22
const space = 0x20
const byteOrderMark = [0xef, 0xbb, 0xbf]

/** Finds the ends of records in the chunks of a file. */
export interface Scanner {
  /** Returns the positions after the records that end in the next chunk. */
  readonly scan: (chunk: Uint8Array) => Array<number>
}

/** Finds line ends: LF. */
export class LineScanner implements Scanner {
  #position = 0

  scan(chunk: Uint8Array): Array<number> {
    const ends: Array<number> = []
    for (let at = chunk.indexOf(lf); at !== -1; at = chunk.indexOf(lf, at + 1)) {
      ends.push(this.#position + at + 1)
    }
    this.#position += chunk.length
    return ends
  }
}

const cellStart = 0
const plain = 1
const quoted = 2
const quoteInQuoted = 3
const afterQuoted = 4

/** Finds the ends of CSV rows: LF, CRLF or CR outside of quotes. Quotes have the rules of the CSV parser. */
export class CsvScanner implements Scanner {
  readonly #delimiter: number
  #position = 0
  #place = cellStart
  /** Whether the last byte was a CR that ends a row: a LF after it belongs to the same line end. */
  #isAfterCr = false

  constructor(delimiter: number) {
    this.#delimiter = delimiter
  }

  scan(chunk: Uint8Array): Array<number> {
    const ends: Array<number> = []
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!
      if (this.#isAfterCr) {
        this.#isAfterCr = false
        ends.push(this.#position + at + (byte === lf ? 1 : 0))
        if (byte === lf) {
          continue
        }
      }
      if (this.#place !== quoted && (byte === lf || byte === cr)) {
        this.#place = cellStart
        this.#isAfterCr = byte === cr
        if (byte === lf) {
          ends.push(this.#position + at + 1)
        }
      } else if (this.#position + at >= byteOrderMark.length || byte !== byteOrderMark[this.#position + at]) {
        this.#place = this.#placeAfter(byte)
      }
    }
    this.#position += chunk.length
    return ends
  }

  /** The place in a row after a byte that ends no row. */
  #placeAfter(byte: number): number {
    const place = this.#place
    if (place === quoted) {
      return byte === quote ? quoteInQuoted : quoted
    }
    if (place === quoteInQuoted && byte === quote) {
      return quoted
    }
    if (byte === this.#delimiter) {
      return cellStart
    }
    if (place === cellStart) {
      return byte === quote ? quoted : plain
    }
    return place === plain ? plain : afterQuoted
  }
}

const isSpace = (byte: number): boolean => byte === space || (byte >= 0x09 && byte <= cr)

/** Whether a blank record can start with a byte: white space, a quote, or a part of a character above ASCII. */
export const canStartBlank = (byte: number): boolean => byte <= space || byte === quote || byte >= 0x80

/** Whether a record is only a line end. */
export const isLineEnd = (record: Uint8Array): boolean =>
  record.length <= 2 && record.every((byte) => byte === lf || byte === cr)

/**
 * Whether a row of CSV is blank: it has only white space. `undefined` if the row must be parsed, because of quotes or of
 * characters above ASCII.
 */
export const isBlankRow = (row: Uint8Array): boolean | undefined => {
  for (const byte of row) {
    if (!isSpace(byte)) {
      return byte === quote || byte >= 0x80 ? undefined : false
    }
  }
  return true
}
