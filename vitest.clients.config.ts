import { defineConfig } from "vitest/config"
import { sourceAliases } from "./vitest.config.ts"

/** OpenAI clients against the emulated route. They have their own package, so that `npm ci` does not install them. */
export default defineConfig({
  resolve: { alias: sourceAliases },
  test: { include: ["test/clients/*.test.ts"], testTimeout: 30_000 }
})
