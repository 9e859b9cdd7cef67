/** papaparse as its own build for browsers: the other one asks for Node's streams, which bundlers for Workers lack. */
import type Papa from "papaparse"
// @ts-expect-error the types are those of the package's main entry
import papaparse from "papaparse/papaparse.min.js"

export const { parse, unparse } = papaparse as Pick<typeof Papa, "parse" | "unparse">
