import type Papa from "papaparse"
// @ts-expect-error the types are those of the package's main entry
import browserBuild from "papaparse/papaparse.min.js"

/** What is used of papaparse. */
export type Papaparse = Pick<typeof Papa, "parse" | "unparse">

/** papaparse as its own build for browsers: the other one asks for Node's streams, which bundlers for Workers lack. */
export const papaparse = (): Papaparse => browserBuild
