/** Payloads in the JSON of the browser page. */
import { encodeBase64 } from "../../../protocol/bytes/base64.ts"
import { decode } from "../../../protocol/bytes/utf8.ts"
import { type Failure, initial, step } from "../../../protocol/eventStream/eventStream.ts"

/** A payload: text if it is UTF-8, otherwise Base64. */
export type JsonPayload = { readonly text: string } | { readonly base64: string }

export const toJson = (bytes: Uint8Array): JsonPayload => {
  const text = decode(bytes)
  return text === undefined ? { base64: encodeBase64(bytes) } : { text }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** The error event that ends a stream, as text. */
const textOf = (failure: Failure): string => {
  switch (failure._tag) {
    case "Exception":
      return `\n${failure.code}: ${decoder.decode(failure.payload)}`
    case "Error":
      return `\n${failure.code ?? "error"}: ${failure.message ?? ""}`
    default:
      return `\n${failure.problem}`
  }
}

/** Makes a function from chunks of an event stream to the payloads of its events, or to the chunk of any other body. */
export const makePayloads = (contentType: string | undefined): (chunk: Uint8Array) => ReadonlyArray<Uint8Array> => {
  if (contentType !== "application/vnd.amazon.eventstream") {
    return (chunk) => [chunk]
  }
  let state = initial
  return (chunk) => {
    const next = step(state, chunk)
    state = next.state
    return next.failure === undefined ? next.parts : [...next.parts, encoder.encode(textOf(next.failure))]
  }
}
