/** The messages of `TransportError`. */
import type { TransportError } from "../../SageMakerError.ts"

const messages: { readonly [reason in TransportError["reason"]]: (server: string, code: string) => string } = {
  connect: (server, code) => `Could not connect to ${server}${code}: check the region, the endpoint and the network`,
  reset: (server, code) => `The connection to ${server} was lost${code}`,
  aborted: (server, code) => `This client closed the connection to ${server}${code}`,
  tls: (server, code) => `No trusted TLS connection to ${server} was established${code}: check its certificate`,
  other: (server, code) => `The request to ${server} failed${code}`
}

/** The message for a failed connection, such as `The connection to example.com:443 was lost (ECONNRESET)`. */
export const transportMessage = (
  { code, host, port, reason }: Pick<TransportError, "code" | "host" | "port" | "reason">
): string => {
  const server = host === undefined ? "the service" : `${host}${port === undefined ? "" : `:${port}`}`
  return messages[reason](server, code === undefined ? "" : ` (${code})`)
}
