import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { hasCorpora, readCorpus } from "./corpora.ts"

const folder = "transcripts/tgi"

const root = fileURLToPath(new URL(`../../../../shared/corpora/${folder}/`, import.meta.url))

export interface RecordedBody {
  readonly path: string
  readonly text: string
}

/** The recorded bodies of all releases of TGI, by path. Empty if the folder is absent. */
export const tgiBodies = (): ReadonlyArray<RecordedBody> =>
  hasCorpora
    ? readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".json"))
      .toSorted()
      .map((path) => ({ path, text: readCorpus(`${folder}/${path}`) }))
    : []

/** Whether a recorded body is a response of TGI's own schema: a generation, or a list of them. */
export const isGeneration = ({ text }: RecordedBody): boolean => {
  const body: unknown = JSON.parse(text)
  const first: unknown = Array.isArray(body) ? body[0] : body
  return typeof first === "object" && first !== null && "generated_text" in first
}
