/** Text of a model, a container or a service on a terminal: control characters could change or fake what it shows. */
import type * as Effect from "effect/Effect"
import { printable } from "./printable.ts"
import { type OutputClosed, type OutputFailed, stdoutIsTerminal, write, writeError } from "./write.ts"

/** Writes text to standard output. A terminal receives it without control characters. */
export const writeText = (text: string): Effect.Effect<void, OutputClosed | OutputFailed> =>
  write(stdoutIsTerminal() ? printable(text) : text)

/** Returns a function that writes the chunks of one body. A terminal receives them as text without control characters. */
export const chunkWriter = (): (chunk: Uint8Array) => Effect.Effect<void, OutputClosed | OutputFailed> => {
  if (!stdoutIsTerminal()) {
    return write
  }
  const decoder = new TextDecoder()
  let held = ""
  return (chunk) => {
    const text = held + decoder.decode(chunk, { stream: true })
    // The line feed of a line end can be in the next chunk.
    held = text.endsWith("\r") ? "\r" : ""
    return write(printable(held === "" ? text : text.slice(0, -1)))
  }
}

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return text.includes("\0") ? undefined : text
  } catch {
    return undefined
  }
}

/** Writes a complete body. On a terminal, binary data is not written: its size is printed. */
export const writeBody = (
  bytes: Uint8Array,
  contentType: string | undefined
): Effect.Effect<void, OutputClosed | OutputFailed> => {
  if (!stdoutIsTerminal()) {
    return write(bytes)
  }
  const text = textOf(bytes)
  if (text === undefined) {
    const type = contentType === undefined ? "" : ` (${printable(contentType)})`
    return writeError(
      `The response has ${bytes.length} ${
        bytes.length === 1 ? "byte" : "bytes"
      } of binary data${type}. Use --output or a pipe.\n`
    )
  }
  return write(text === "" || text.endsWith("\n") ? printable(text) : `${printable(text)}\n`)
}
