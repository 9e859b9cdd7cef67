import { assert, it } from "@effect/vitest"
import packageJson from "../../../package.json" with { type: "json" }
import { version } from "../../../src/protocol/userAgent/userAgent.ts"

it("the version in the user agent is the package's", () => {
  assert.strictEqual(version, packageJson.version)
})
