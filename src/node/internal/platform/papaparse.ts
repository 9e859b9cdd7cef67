import { createRequire } from "node:module"
import type { Papaparse } from "../../../internal/codec/papaparse.ts"

const require = createRequire(import.meta.url)

/** papaparse, loaded by the first table that is written or read. */
export const papaparse = (): Papaparse => require("papaparse")
