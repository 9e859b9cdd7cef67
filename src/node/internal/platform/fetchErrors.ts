/** The errors of `fetch` on Bun, which have codes that differ from those of Node, and on Deno, which have a text and no code. */
import { type CodeLookup, type CodeMeaning, connectionLost, notConnected } from "../../../protocol/error/codeMeaning.ts"
import { invalidContentCoding, invalidResponse, proxyDenied, tlsFailed, untrusted, withDetail } from "./meanings.ts"

const bun = new Map<string, CodeMeaning>([
  ["FailedToOpenSocket", notConnected],
  ["Malformed_HTTP_Response", invalidResponse],
  ["InvalidHTTPResponse", invalidResponse],
  ["InvalidContentLength", invalidResponse],
  ["UnrequestedUpgrade", withDetail("it switches protocols (status 101)")],
  ["ZlibError", invalidContentCoding],
  ["BrotliDecompressionError", invalidContentCoding],
  ["ZstdDecompressionError", invalidContentCoding]
])

/** Status 401, 403 or 407 of a proxy: a retry cannot succeed. */
const proxyDeniedText = /: 40[137]\b/

/** The codes of Bun's `fetch`. */
export const meaningOfBun: CodeLookup = (code, { message }) => {
  if (code === "ERR_PROXY_TUNNEL") {
    return proxyDeniedText.test(String(message)) ? proxyDenied : notConnected
  }
  return bun.get(code)
}

const denoTexts: ReadonlyArray<readonly [RegExp, CodeMeaning]> = [
  [/client error \(Connect\).*certificate/, untrusted],
  [/client error \(Connect\).*(corrupt message|TLS|handshake)/, tlsFailed],
  [/client error \(Connect\)/, notConnected],
  [/client error \(SendRequest\): invalid .* parsed/, invalidResponse],
  [
    /connection closed before message completed|error reading a body|\(os error (32|54|104|10053|10054)\)/,
    connectionLost
  ],
  [/^(Invalid gzip header|brotli error|corrupt deflate stream)/, invalidContentCoding]
]

/** The texts of the errors of Deno's `fetch`. */
export const meaningOfDeno: CodeLookup = (name, { message }) => {
  if ((name !== "TypeError" && name !== "Error") || typeof message !== "string") {
    return undefined
  }
  const known = denoTexts.find(([text]) => text.test(message))
  return known && { ...known[1], code: undefined }
}
