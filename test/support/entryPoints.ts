import { readdirSync } from "node:fs"

const publicModules = readdirSync(new URL("../../src", import.meta.url))
  .filter((file) => file.endsWith(".ts") && file !== "index.ts")
  .map((file) => file.replace(".ts", ""))

/** The entry points of the package, as paths below `dist` without their extension. */
export const entryPoints: ReadonlyArray<string> = [
  "index",
  "ai/index",
  "node/index",
  "parquet/index",
  "promise/index",
  "s3/index",
  "testing/index",
  "workflow/index",
  ...publicModules
]
