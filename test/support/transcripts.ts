import { readdirSync } from "node:fs"
import { corporaFolder, hasCorpora, readCorpusJson } from "./corpora.ts"

const folder = "transcripts/tgi"

/** The recorded bodies of TGI, by path. Empty where the folder with the conformance data is absent. */
export const transcripts: ReadonlyArray<{ readonly path: string; readonly value: unknown }> = hasCorpora
  ? readdirSync(`${corporaFolder}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json"))
    .toSorted()
    .map((path) => ({ path, value: readCorpusJson(`${folder}/${path}`) }))
  : []
