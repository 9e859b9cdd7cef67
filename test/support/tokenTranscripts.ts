/** Recorded bodies of model servers, from the public conformance data. */
import { readdirSync } from "node:fs"
import { corporaFolder, hasCorpora, readCorpus } from "./corpora.ts"

/** What a recorded file contains. */
export type TranscriptKind =
  | "generation"
  | "generations"
  | "completion"
  | "completions"
  | "chunk"
  | "chunks"
  | "nothing"

export interface Transcript {
  /** The path below the folder of the release. */
  readonly name: string
  readonly release: string
  readonly kind: TranscriptKind
  /** The recorded text: pretty-printed JSON. */
  readonly text: string
  /** The recorded values: the members of a list, or the only value. */
  readonly values: ReadonlyArray<Members>
}

export type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members => typeof value === "object" && value !== null

/** A member of an object at a path, or `undefined`. */
export const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((each, name) => (isMembers(each) ? each[name] : undefined), value)

const isChunk = (value: Members): boolean =>
  value["object"] === "chat.completion.chunk" || at(value, "choices", 0, "delta") !== undefined

const kindOf = (parsed: unknown, name: string): TranscriptKind => {
  const [first] = [parsed].flat()
  if (!isMembers(first)) {
    return "nothing"
  }
  const isList = Array.isArray(parsed)
  if ("generated_text" in first) {
    return isList ? "generations" : "generation"
  }
  if (isChunk(first) || name.includes("_stream")) {
    return isList ? "chunks" : "chunk"
  }
  return isList ? "completions" : "completion"
}

const readRelease = (release: string): ReadonlyArray<Transcript> => {
  const root = `transcripts/tgi/${release}`
  return readdirSync(`${corporaFolder}${root}`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => {
      const text = readCorpus(`${root}/${name}`)
      const parsed: unknown = JSON.parse(text)
      return { name, release, kind: kindOf(parsed, name), text, values: [parsed].flat().filter(isMembers) }
    })
}

/** All bodies of TGI, or none if the conformance data is absent. */
export const readTranscripts = (): ReadonlyArray<Transcript> =>
  hasCorpora
    ? readdirSync(`${corporaFolder}transcripts/tgi`).toSorted().flatMap(readRelease)
    : []

/** Streams of Anthropic's Messages API, by name. */
export const readAnthropicStreams = (): ReadonlyArray<readonly [name: string, text: string]> =>
  hasCorpora
    ? readdirSync(`${corporaFolder}peers/anthropic`)
      .filter((name) => name.endsWith(".sse"))
      .toSorted()
      .map((name) => [name, readCorpus(`peers/anthropic/${name}`)] as const)
    : []

/** Server-sent events with these values. */
export const toEvents = (values: ReadonlyArray<unknown>): string =>
  values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("")

/** Lines of JSON with these values. */
export const toLines = (values: ReadonlyArray<unknown>): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("")

/** The events of TGI's `generate_stream` that a recorded whole response corresponds to. */
export const toGenerateStream = (generation: Members): ReadonlyArray<unknown> => {
  const tokens = [at(generation, "details", "tokens")].flat()
  return tokens.map((token, position) => {
    const isLast = position === tokens.length - 1
    return {
      index: position + 1,
      token,
      generated_text: isLast ? generation["generated_text"] : null,
      details: isLast ? { ...Object(generation["details"]), tokens: undefined } : null
    }
  })
}

export interface RecordedStream {
  readonly name: string
  readonly text: string
}

/** The first transcript of a kind in each release. */
const examplesOf = (kind: TranscriptKind, all: ReadonlyArray<Transcript>): ReadonlyArray<Transcript> =>
  all.filter((transcript, position) =>
    transcript.kind === kind &&
    all.findIndex((other) => other.kind === kind && other.release === transcript.release) === position
  )

const distinct = (streams: ReadonlyArray<RecordedStream>): ReadonlyArray<RecordedStream> =>
  streams.filter(({ text }, position) => streams.findIndex((other) => other.text === text) === position)

/** The recorded streams, and one body of each other kind and release. Releases with the same body appear once. */
export const readStreams = (): ReadonlyArray<RecordedStream> => {
  const all = readTranscripts()
  const chunks = all.filter(({ kind }) => kind === "chunks")
  const wholes = (["generation", "generations", "completion"] as const).flatMap((kind) => examplesOf(kind, all))
  return distinct([
    ...chunks.map(({ name, release, values }) => ({
      name: `${release}/${name}`,
      text: `${toEvents(values)}data: [DONE]\n\n`
    })),
    ...examplesOf("generation", all).map(({ name, release, values }) => ({
      name: `${release}/${name} as generate_stream`,
      text: toEvents(toGenerateStream(values[0] ?? {}))
    })),
    ...wholes.map(({ name, release, text }) => ({ name: `${release}/${name}`, text })),
    ...readAnthropicStreams().map(([name, text]) => ({ name, text }))
  ])
}
