/** Loads papaparse on Node, when CSV is first encoded or decoded. */
import { createRequire } from "node:module"
import type { Papaparse } from "../../../internal/codec/papaparse.ts"

const require = createRequire(import.meta.url)

export const papaparse = (): Papaparse => require("papaparse")
