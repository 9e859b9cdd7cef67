/** The error codes and names of `fetch` outside Node. */
import { closedByClient, type CodeLookup, type CodeMeaning, connectionLost, notConnected } from "./codeMeaning.ts"

const meanings = new Map<string, CodeMeaning>([
  ["ABORT_ERR", closedByClient],
  ["AbortError", closedByClient],
  ["ECONNREFUSED", notConnected],
  ["ECONNRESET", connectionLost]
])

export const meaningOfCode: CodeLookup = (code) => meanings.get(code)
