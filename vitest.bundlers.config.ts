import { defineConfig } from "vitest/config"

/** The packed package in bundlers and test runners. They have their own package, so that `npm ci` does not install them. */
export default defineConfig({
  test: {
    include: ["test/bundlers/*.test.ts"],
    globalSetup: ["test/bundlers/support/install.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000
  }
})
