import { defineConfig } from "vitest/config"
import { sourceAliases } from "./vitest.config.ts"

/** The programs of `examples/frameworks`. They have their own package, so that `npm ci` does not install them. */
export default defineConfig({
  resolve: { alias: sourceAliases },
  test: { include: ["test/frameworks/*.test.ts"], testTimeout: 60_000, hookTimeout: 300_000 }
})
