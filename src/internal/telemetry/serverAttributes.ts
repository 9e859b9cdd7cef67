/** Attributes of the service that a client calls. */
import type { SpanAttributes } from "../../Operation.ts"

const defaultPort = (protocol: string): number => protocol === "http:" ? 80 : 443

/** The host and port of a service URL, and the region. */
export const serverAttributes = (serviceUrl: string, region: string): SpanAttributes => {
  const { hostname, port, protocol } = new URL(serviceUrl)
  return {
    "server.address": hostname,
    "server.port": port === "" ? defaultPort(protocol) : Number(port),
    "cloud.region": region
  }
}
