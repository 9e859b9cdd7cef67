import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Imports of the package and of its `imports`, as modules of `src`. */
export const sourceAliases = [
  { find: "#base64", replacement: source("node/internal/platform/base64.ts") },
  { find: "#crc32", replacement: source("node/internal/platform/crc32.ts") },
  { find: "#runtime", replacement: source("node/internal/platform/runtime.ts") },
  { find: "#sha256", replacement: source("node/internal/platform/sha256.ts") },
  { find: "#transportCodes", replacement: source("node/internal/platform/transportCodes.ts") },
  { find: /^effect-sagemaker-runtime$/, replacement: source("index.ts") },
  {
    find: /^effect-sagemaker-runtime\/(ai|node|parquet|promise|s3|testing|workflow)$/,
    replacement: source("$1/index.ts")
  },
  { find: /^effect-sagemaker-runtime\/(\w+)$/, replacement: source("$1.ts") }
]

const slow = "{examples,test}/**/*.slow.test.ts"
const elsewhere = [
  "examples/batch-cluster/**",
  "examples/durable-async/**",
  "examples/frameworks/**",
  "test/batch-cluster/**",
  "test/browser/**",
  "test/bundlers/**",
  "test/clients/**",
  "test/durable-async/**",
  "test/frameworks/**",
  "test/package/**",
  "test/runtimes/**"
]

/**
 * `npm test` runs the projects `fast` and `types`, `npm run test:slow` the project `slow`. A test is slow if its file is
 * named `*.slow.test.ts`: soak and fault tests, tests that wait in real time, that start processes or that bundle.
 */
export default defineConfig({
  resolve: {
    alias: sourceAliases
  },
  test: {
    maxWorkers: "100%",
    // Loading Effect and the AWS SDK again for each file would take longer than the tests.
    isolate: false,
    testTimeout: 30_000,
    setupFiles: ["test/support/seed.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    coverage: { include: ["src/**"], reporter: ["text-summary"] },
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [slow, ...elsewhere]
        }
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: "tsc",
            include: ["test/**/*.test-d.ts"],
            tsconfig: "./tsconfig.json"
          }
        }
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: [slow],
          exclude: elsewhere
        }
      }
    ]
  }
})
