import { defineConfig } from "vitest/config"
import main from "./vitest.config.ts"

/** The tests of `examples/batch-cluster` and `examples/durable-async`, which start their programs as processes. */
export default defineConfig({
  resolve: main.resolve ?? {},
  test: {
    include: ["test/{batch-cluster,durable-async}/*.test.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    testTimeout: 120_000,
    hookTimeout: 300_000
  }
})
