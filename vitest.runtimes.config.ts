import { defineConfig } from "vitest/config"
import { sourceAliases } from "./vitest.config.ts"

/** The built package on other runtimes. They have their own package, so that `npm ci` does not install them. */
export default defineConfig({
  resolve: { alias: sourceAliases },
  test: {
    include: ["test/runtimes/*.test.ts"],
    globalSetup: "test/runtimes/project.ts",
    fileParallelism: false,
    testTimeout: 60_000
  }
})
