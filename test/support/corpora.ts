import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const corporaFolder = fileURLToPath(new URL("../../../shared/corpora/", import.meta.url))

/** Whether the folder with the public conformance data exists; tests that need it are skipped otherwise. */
export const hasCorpora = existsSync(corporaFolder)

/** Adds the reason to the name of a test that is skipped. */
export const needsCorpora = (name: string): string =>
  hasCorpora ? name : `${name} (skipped: the folder shared/corpora is absent)`

export const readCorpus = (path: string): string => readFileSync(`${corporaFolder}${path}`, "utf8")

export const readCorpusJson = (path: string): unknown => JSON.parse(readCorpus(path))
