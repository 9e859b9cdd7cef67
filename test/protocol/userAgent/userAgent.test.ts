import { assert, it } from "@effect/vitest"
import packageJson from "../../../package.json" with { type: "json" }
import { version } from "../../../src/protocol/userAgent/userAgent.ts"

it("The user agent has the version of package.json", () => {
  assert.strictEqual(version, packageJson.version)
})
