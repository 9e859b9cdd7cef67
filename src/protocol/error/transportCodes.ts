/** The error codes and names of `fetch` outside Node. */
import {
  aborted,
  type CodeLookup,
  type CodeMeaning,
  connectionLost,
  notConnected,
  type TransportFailure
} from "./codeMeaning.ts"

const meanings = new Map<string, CodeMeaning>([
  ["ABORT_ERR", aborted],
  ["AbortError", aborted],
  ["ECONNREFUSED", notConnected],
  ["ECONNRESET", connectionLost]
])

export const meaningOfCode: CodeLookup = (code) => meanings.get(code)

/** The failure of a request that was not sent. */
export const notSent = (failure: TransportFailure): TransportFailure => ({ ...failure, requestSent: false })
