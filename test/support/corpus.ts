import { Schema } from "effect"
import { hasCorpora, readCorpusJson } from "./corpora.ts"

/** Decodes a file of the conformance data; `undefined` if the folder is absent. */
export const decodeCorpus = <A, I>(path: string, schema: Schema.Schema<A, I>): A | undefined =>
  hasCorpora ? Schema.decodeUnknownSync(schema)(readCorpusJson(path)) : undefined
