/** The kinds of events that model servers write, and their readers. */
import * as Either from "effect/Either"
import type { LazyArg } from "effect/Function"
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import { schemaIssues } from "../codec/schemaIssues.ts"
import { anthropicEvent, isAnthropicType, makeAnthropicReader } from "./readers/anthropic.ts"
import {
  batchOutputs,
  fromBatchOutputs,
  generatedText,
  generatedToken,
  makeGeneratedTextReader,
  makeGeneratedTokenReader
} from "./readers/generation.ts"
import { makeOpenAiReader, openAiChunk, withoutDetails } from "./readers/openAi.ts"
import { makeSglangReader, sglangText } from "./readers/sglang.ts"
import { fromTritonText, tritonText } from "./readers/triton.ts"
import type { DecodedEvent } from "./token.ts"

export type Members = Readonly<Record<string, unknown>>

/** What earlier events of a stream contained. */
export interface History {
  /** Whether they contained tokens after the last final event. */
  readonly hasTokens: boolean
}

/** Reads the events of one stream. `position` is the position in a list of events. */
type ReadEvent<A> = (event: A, position: number, history: History) => DecodedEvent

export type Issues = ReadonlyArray<string>

/** Reads one kind of event. */
export interface EventKind {
  /** The member that identifies the kind. Error messages name it. */
  readonly member: string
  readonly matches: (event: Members) => boolean
  /** Whether the end of the stream completes it: the server writes no final record. */
  readonly endsWithStream: boolean
  /** The reader of a new stream. */
  readonly makeReader: () => (event: Members, position: number, history: History) => Either.Either<DecodedEvent, Issues>
}

const eventKind = <A, I>(
  member: string,
  schemaOf: LazyArg<Schema.Schema<A, I>>,
  makeReader: () => ReadEvent<A>,
  options: Partial<Pick<EventKind, "matches" | "endsWithStream"> & { readonly withoutDetails: typeof withoutDetails }> =
    {}
): EventKind => {
  const { withoutDetails: simplify, ...settings } = options
  const decoder = lazy(() => {
    const schema = schemaOf()
    const decode = Schema.decodeUnknownEither(schema)
    const issuesOf = schemaIssues(schema.ast)
    return (event: Members) => {
      const decoded = decode(event)
      const simplified = Either.isLeft(decoded) && simplify !== undefined ? decode(simplify(event)) : decoded
      return Either.mapLeft(Either.isRight(simplified) ? simplified : decoded, issuesOf)
    }
  })
  return {
    member,
    matches: (event) => Object.hasOwn(event, member),
    endsWithStream: false,
    makeReader: () => {
      const read = makeReader()
      return (event, position, history) => Either.map(decoder()(event), (decoded) => read(decoded, position, history))
    },
    ...settings
  }
}

const openAiObjects: ReadonlySet<unknown> = new Set(["chat.completion", "chat.completion.chunk", "text_completion"])

export const openAiEvents = eventKind("choices", openAiChunk, makeOpenAiReader, {
  matches: (event) => Object.hasOwn(event, "choices") || openAiObjects.has(event["object"]),
  withoutDetails
})
export const generatedTokens = eventKind("token", generatedToken, makeGeneratedTokenReader)
export const generatedTexts = eventKind("generated_text", generatedText, makeGeneratedTextReader)
export const batchOutputLines = eventKind("outputs", batchOutputs, () => fromBatchOutputs, { endsWithStream: true })
export const sglangEvents = eventKind("meta_info", sglangText, makeSglangReader)
export const tritonEvents = eventKind("text_output", tritonText, () => fromTritonText, { endsWithStream: true })
export const anthropicEvents = eventKind("type", anthropicEvent, makeAnthropicReader, {
  matches: (event) => isAnthropicType(event["type"])
})
