/** Decodes the events of a stream by the schemas of one or more dialects. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { LazyArg } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import { parseJson } from "../../protocol/payload/json.ts"
import type { CodecError, ModelStreamError } from "../../SageMakerError.ts"
import type { Dialect, Token } from "../../Tokens.ts"
import { undecodableEvent } from "../codec/codecError.ts"
import { jsonLinesTypes, jsonTypes } from "../codec/mediaTypes.ts"
import { schemaIssues } from "../codec/schemaIssues.ts"
import { decodeEvents } from "./events.ts"
import { batchOutputs, fromBatchOutputs, fromGeneratedToken, generatedToken } from "./generation.ts"
import { fromOpenAiChunk, openAiChunk } from "./openAi.ts"
import { reportedError, toModelStreamError } from "./reportedError.ts"
import type { DecodedEvent } from "./token.ts"

interface EventReader {
  /** The member that identifies an event of this kind. */
  readonly member: string
  readonly read: (event: unknown) => Either.Either<DecodedEvent, ReadonlyArray<string>>
}

const eventReader = <A, I>(
  member: string,
  schemaOf: LazyArg<Schema.Schema<A, I>>,
  toTokens: (event: A) => DecodedEvent
): EventReader => {
  const read = lazy(() => {
    const schema = schemaOf()
    const decode = Schema.decodeUnknownEither(schema)
    const issuesOf = schemaIssues(schema.ast)
    return (event: unknown) => Either.mapBoth(decode(event), { onLeft: issuesOf, onRight: toTokens })
  })
  return { member, read: (event) => read()(event) }
}

export const openAiReader = eventReader("choices", openAiChunk, fromOpenAiChunk)
export const generationReader = eventReader("token", generatedToken, fromGeneratedToken)
export const outputsReader = eventReader("outputs", batchOutputs, fromBatchOutputs)

const readJson = (text: string): Either.Either<unknown, ReadonlyArray<string>> =>
  Either.try({ try: () => parseJson(text), catch: () => ["invalid JSON"] })

const readEvent = (
  readers: ReadonlyArray<EventReader>,
  event: unknown
): Either.Either<DecodedEvent, ReadonlyArray<string>> => {
  const reader = readers.find(({ member }) => Predicate.hasProperty(event, member))
  const members = readers.map(({ member }) => member).join(", ")
  return reader === undefined ? Either.left([`expected an object with one of: ${members}`]) : reader.read(event)
}

const decodeEvent =
  (name: string, readers: ReadonlyArray<EventReader>) =>
  (text: string): Effect.Effect<ReadonlyArray<Token>, CodecError | ModelStreamError> =>
    Either.mapLeft(
      Either.flatMap(readJson(text), (event) => {
        const error = reportedError(event)
        return error === undefined ? readEvent(readers, event) : Either.right<DecodedEvent>(error)
      }),
      (issues) => undecodableEvent(name, text, issues)
    ).pipe(
      Effect.flatMap((event) => ("_tag" in event ? toModelStreamError(event) : Effect.succeed(event)))
    )

/** Makes a dialect. `name` names its events in error messages. */
export const makeDialect = (
  name: string,
  mediaType: string | undefined,
  ...readers: ReadonlyArray<EventReader>
): Dialect => {
  const decode = decodeEvent(name, readers)
  return {
    mediaType,
    reads: ["text/event-stream", ...jsonLinesTypes, ...jsonTypes],
    frame: (chunks, limits) => decodeEvents(chunks, limits, decode)
  }
}
