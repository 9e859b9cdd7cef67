/** The error codes and names of `fetch` outside Node. */
import { aborted, type CodeLookup, type CodeMeaning, connectionLost, notConnected } from "./codeMeaning.ts"

const meanings = new Map<string, CodeMeaning>([
  ["ABORT_ERR", aborted],
  ["AbortError", aborted],
  ["ECONNREFUSED", notConnected],
  ["ECONNRESET", connectionLost]
])

export const meaningOfCode: CodeLookup = (code) => meanings.get(code)

/** Whether a code says that this client ended the request, and nothing about the service. */
export const isClientCode = (code: string): boolean => meanings.get(code) === aborted
