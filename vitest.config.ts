import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: "#crc32", replacement: source("node/internal/platform/crc32.ts") },
      { find: "#papaparse", replacement: source("node/internal/platform/papaparse.ts") },
      { find: "#runtime", replacement: source("node/internal/platform/runtime.ts") },
      { find: "#sha256", replacement: source("node/internal/platform/sha256.ts") },
      { find: "#transportCodes", replacement: source("node/internal/platform/transportCodes.ts") },
      { find: /^effect-sagemaker-runtime$/, replacement: source("index.ts") },
      { find: /^effect-sagemaker-runtime\/(node|testing)$/, replacement: source("$1/index.ts") },
      { find: /^effect-sagemaker-runtime\/(\w+)$/, replacement: source("$1.ts") }
    ]
  },
  test: {
    testTimeout: 30_000,
    setupFiles: ["test/support/seed.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["test/browser/**", "test/package/**"],
    typecheck: { checker: "tsc", include: ["test/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
    coverage: { include: ["src/**"], reporter: ["text-summary"] }
  }
})
