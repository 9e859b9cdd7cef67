import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../../../shared/corpora/", import.meta.url))

/** Whether the public conformance data lies beside the project; tests that need it are skipped otherwise. */
export const hasCorpora = existsSync(folder)

/** A test's name, which says why it is skipped where it is. */
export const needsCorpora = (name: string): string =>
  hasCorpora ? name : `${name} (skipped: the folder shared/corpora is absent)`

export const readCorpus = (path: string): string => readFileSync(`${folder}${path}`, "utf8")

export const readCorpusJson = (path: string): unknown => JSON.parse(readCorpus(path))
