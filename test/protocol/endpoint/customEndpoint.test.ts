import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { serviceUrl } from "../../../src/protocol/endpoint/serviceUrl.ts"

const custom = (endpoint: string | URL) => serviceUrl({ region: "eu-west-1", endpoint })

describe("A custom endpoint", () => {
  it.each([
    ["unchanged", "https://example.com", "https://example.com"],
    ["without its trailing slash", "https://example.com/", "https://example.com"],
    ["without several trailing slashes", "https://example.com/base//", "https://example.com/base"],
    ["with its path", "https://example.com/stage/v1", "https://example.com/stage/v1"],
    ["with an encoded path", "https://example.com/a%2Fb/%40", "https://example.com/a%2Fb/%40"],
    ["with its port", "http://localhost:8080", "http://localhost:8080"],
    ["without the default port", "https://example.com:443/x", "https://example.com/x"],
    ["with an IPv6 address", "http://[::1]:8080/base", "http://[::1]:8080/base"],
    ["with an IPv4 address", "http://127.0.0.1:3000", "http://127.0.0.1:3000"],
    ["with an @ in its path", "https://example.com/a@b", "https://example.com/a@b"],
    ["normalized", "HTTPS://EXAMPLE.com/a/../b", "https://example.com/b"]
  ])("is accepted %s", (_, endpoint, url) => {
    assert.deepStrictEqual(custom(endpoint), { _tag: "Url", url })
    assert.deepStrictEqual(custom(new URL(endpoint)), { _tag: "Url", url })
  })

  it.each([
    ["empty", ""],
    ["relative", "/secret"],
    ["a bare host", "secret.example.com"],
    ["a host with a port", "secret:8080"],
    ["without a host", "https://"],
    ["of another scheme", "ftp://secret.example.com"],
    ["a file", "file:///secret"],
    ["code", "javascript:secret"],
    ["data", "data:text/plain,secret"],
    ["with a user", "https://secret@example.com"],
    ["with a password", "https://user:secret@example.com"],
    ["with a password only", "https://:secret@example.com"],
    ["with empty user information", "https://@example.com/secret"],
    ["with a query", "https://example.com/?secret=1"],
    ["with an empty query", "https://example.com/secret?"],
    ["with a fragment", "https://example.com/#secret"],
    ["with an empty fragment", "https://example.com/secret#"],
    ["with a bad port", "https://secret.example.com:99999"],
    ["with an encoded separator in its host", "https://secret%2f.example.com"]
  ])("is rejected without being repeated: %s", (_, endpoint) => {
    const actual = custom(endpoint)
    assert.strictEqual(actual._tag, "Invalid")
    assert.strictEqual(actual._tag === "Invalid" && actual.setting, "endpoint")
    assert.notInclude(JSON.stringify(actual), "secret")
  })

  it.each([
    ["user information", "https://user:secret@example.com"],
    ["a query", "https://example.com/?secret=1"],
    ["an empty query", "https://example.com/secret?"],
    ["a fragment", "https://example.com/#secret"],
    ["another scheme", "ftp://secret.example.com"]
  ])("is rejected as a URL object with %s", (_, endpoint) => {
    const actual = custom(new URL(endpoint))
    assert.strictEqual(actual._tag, "Invalid")
    assert.notInclude(JSON.stringify(actual), "secret")
  })

  it.each([["null", null], ["a number", 443], ["an object", {}]])(
    "of a wrong JavaScript type is rejected: %s",
    (_, endpoint) => assert.strictEqual(custom(endpoint as never)._tag, "Invalid")
  )

  it.each([
    ["FIPS", { useFipsEndpoint: true }, "useFipsEndpoint"],
    ["dual-stack", { useDualstackEndpoint: true }, "useDualstackEndpoint"]
  ])("cannot be combined with %s", (_, options, setting) => {
    const actual = serviceUrl({ region: "eu-west-1", endpoint: "https://secret.example.com", ...options })
    assert.strictEqual(actual._tag === "Invalid" && actual.setting, setting)
    assert.notInclude(JSON.stringify(actual), "secret")
  })

  it.prop(
    "gives an absolute URL with only scheme, host and path, or is rejected",
    [FastCheck.oneof(
      FastCheck.webUrl({ withQueryParameters: true, withFragments: true }),
      FastCheck.string({ unit: "binary" }).map((tail) => `https://example.com${tail}`)
    )],
    ([endpoint]) => {
      const actual = custom(endpoint)
      if (actual._tag === "Url") {
        const { hash, password, search, username } = new URL(actual.url)
        assert.deepStrictEqual([hash, password, search, username], ["", "", "", ""])
        assert.notMatch(actual.url, /[?#]|\/$/)
      }
    },
    { fastCheck: { numRuns: 300 } }
  )
})
