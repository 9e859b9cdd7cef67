import type Papa from "papaparse"
// @ts-expect-error the type declarations cover only the main entry of the package
import browserBuild from "papaparse/papaparse.min.js"

/** The functions of papaparse that the CSV codec uses. */
export type Papaparse = Pick<typeof Papa, "parse" | "unparse">

/** The browser build of papaparse. Its main build imports Node's streams, which bundlers for Workers do not have. */
export const papaparse = (): Papaparse => browserBuild
