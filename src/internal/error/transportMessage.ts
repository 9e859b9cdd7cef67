/** The messages of `TransportError`, and of `ProtocolError` for an invalid response. */
import type { TransportError } from "../../SageMakerError.ts"

type Advice = string

type Message = readonly [what: string, advice: Advice]

const withoutHttp2: Message = ["HTTP/2 is not supported by", ": check the endpoint, the port and the proxy"]

const withoutHttp2Codes = /^HTTP2_(?:UNSUPPORTED|HTTP_1_1_REQUIRED)$/

const messages: { readonly [reason in TransportError["reason"]]: Message } = {
  connect: ["Could not connect to", ": check the region, the endpoint and the network"],
  reset: ["Lost the connection to", ""],
  aborted: ["This client closed the connection to", ""],
  tls: ["Could not establish TLS with", ": check the certificate"],
  other: ["The request failed at", ""]
}

/** The message for a failed connection, such as `Lost the connection to example.com:443 (ECONNRESET)`. */
export const transportMessage = (
  { code, host, port, reason }: Pick<TransportError, "code" | "host" | "port" | "reason">
): string => {
  const [what, advice] = withoutHttp2Codes.test(code ?? "") ? withoutHttp2 : messages[reason]
  return `${what} ${host === undefined ? "the service" : `${host}:${port}`}${
    code === undefined ? "" : ` (${code})`
  }${advice}`
}

/** The message for an invalid response, such as `The response is not valid HTTP (UND_ERR_HEADERS_OVERFLOW)`. */
export const invalidResponseMessage = (code: string | undefined, detail: string | undefined): string =>
  `The response is not valid HTTP${code === undefined ? "" : ` (${code})`}${detail === undefined ? "" : `: ${detail}`}`
