/** Decides which hosts bypass a proxy, as curl does. */
import { BlockList, isIP } from "node:net"

type Matches = (host: string, port: string) => boolean

const family = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4")

const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, "$1")

const addressRule = (address: string, prefix: string | undefined): Matches | undefined => {
  const bits = prefix === undefined ? undefined : Number(prefix)
  const maxBits = isIP(address) === 6 ? 128 : 32
  if (bits !== undefined && !(/^[0-9]{1,3}$/.test(prefix ?? "") && bits <= maxBits)) {
    return undefined
  }
  const list = new BlockList()
  list.addSubnet(address, bits ?? maxBits, family(address))
  return (host) => isIP(host) !== 0 && list.check(host, family(host))
}

const nameRule = (name: string, port: string | undefined): Matches | undefined =>
  name === ""
    ? undefined
    : (host, requestPort) =>
      (port === undefined || port === requestPort) && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)))

/** One entry: a name, an address, a range of addresses, or a name or IPv4 address with a port. */
const ruleOf = (entry: string): Matches | undefined => {
  const [, address = "", prefix] = /^([^/]*)(?:\/(.*))?$/.exec(entry) ?? []
  const bare = withoutBrackets(address)
  if (isIP(bare) !== 0) {
    return addressRule(bare, prefix)
  }
  const [, name = "", port] = /^(.*?)(?::([0-9]+))?$/.exec(entry) ?? []
  return nameRule(withoutBrackets(name).replace(/^\*?\./, "").replace(/\.$/, ""), port)
}

/** Whether the origin of a request bypasses the proxy. `entries` are separated by commas. `*` matches every host. */
export const bypass = (entries: string): (origin: URL) => boolean => {
  if (entries === "*") {
    return () => true
  }
  const rules = entries.split(",").flatMap((entry) => ruleOf(entry.trim().toLowerCase()) ?? [])
  return ({ hostname, port, protocol }) => {
    const host = withoutBrackets(hostname).replace(/\.$/, "")
    const defaultPort = protocol === "http:" ? "80" : "443"
    return rules.some((matches) => matches(host, port === "" ? defaultPort : port))
  }
}
