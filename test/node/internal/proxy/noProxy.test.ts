import { assert, describe, it } from "@effect/vitest"
import { bypass } from "../../../../src/node/internal/proxy/noProxy.ts"

const cases: ReadonlyArray<readonly [entries: string, origin: string, isBypassed: boolean]> = [
  ["*", "https://example.com", true],
  ["", "https://example.com", false],
  ["::1", "http://[::1]:8080", true],
  ["[::1]", "http://[::1]:8080", true],
  ["0:0:0:0:0:0:0:1", "http://[::1]", true],
  ["::1", "http://127.0.0.1", false],
  ["fd00::/8", "http://[fd00:ec2::23]", true],
  ["fd00::/8", "http://[fe00::1]", false],
  ["10.0.0.0/8", "http://10.1.2.3", true],
  ["10.0.0.0/8", "http://11.1.2.3", false],
  ["10.0.0.0/33", "http://10.1.2.3", false],
  ["10.0.0.0/x", "http://10.1.2.3", false],
  ["192.168.0.1", "http://192.168.0.1:8080", true],
  ["192.168.0.1:8080", "http://192.168.0.1:8080", true],
  ["192.168.0.1:8080", "http://192.168.0.1", false],
  ["168.0.1", "http://192.168.0.1", false],
  ["example.com", "https://example.com", true],
  ["example.com", "https://sub.example.com", true],
  ["example.com", "https://notexample.com", false],
  [".example.com", "https://sub.example.com", true],
  [".example.com", "https://example.com", true],
  ["*.example.com", "https://sub.example.com", true],
  ["example.com.", "https://example.com", true],
  ["example.com", "https://example.com.", true],
  ["EXAMPLE.com", "https://example.COM", true],
  ["example.com:443", "https://example.com", true],
  ["example.com:80", "https://example.com", false],
  ["other.org, example.com", "https://example.com", true],
  [".", "https://example.com", false],
  [",,", "https://example.com", false]
]

describe("A host bypasses the proxy as in curl", () => {
  for (const [entries, origin, isBypassed] of cases) {
    it(`NO_PROXY=${entries || "(empty)"}, ${origin}: ${isBypassed ? "yes" : "no"}`, () => {
      assert.strictEqual(bypass(entries)(new URL(origin)), isBypassed)
    })
  }
})
