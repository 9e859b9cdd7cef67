/** Media types of payloads, and the check whether a codec accepts one. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Codec, EncodedPayload } from "../../Codec.ts"
import { includes, type MediaType, parse, parseAll } from "../../protocol/payload/mediaType.ts"
import type { CodecError } from "../../SageMakerError.ts"
import { guardReads } from "../operation/readMembers.ts"
import { undecodable, unsupportedMediaType } from "./codecError.ts"

export const jsonTypes = ["application/json", "application/*+json"]

export const jsonLinesTypes = ["jsonlines", "jsonl", "x-jsonlines", "x-ndjson", "ndjson", "json-lines"].map(
  (name) => `application/${name}`
)

/** The media ranges that a codec accepts. */
export const readsOf = <A, R>({ mediaType, reads }: Codec<A, R>): ReadonlyArray<string> => reads ?? [mediaType]

export const matchesMediaType = (ranges: ReadonlyArray<string>, essence: string): boolean =>
  ranges.some((range) => includes(range, essence))

/** The media types that HTTP frameworks set by default. They do not describe the payload. */
const frameworkDefaults = new Set(["application/octet-stream", "text/plain"])

/** The media type that an error names: the one of the payload, or of the codec if the payload's describes nothing. */
export const mediaTypeRead = (mediaType: string, contentType: string | undefined): string => {
  const essence = parse(contentType ?? "")?.essence
  return essence === undefined || frameworkDefaults.has(essence) ? mediaType : essence
}

const listOf = (types: ReadonlyArray<MediaType>): string | undefined =>
  types.length === 0 ? undefined : [...new Set(types.map(({ essence }) => essence))].join(", ")

/**
 * Checks the content type of a payload, and returns the media type to decode. With several media types, it is the first
 * that the codec reads. A missing one and the default of a framework are accepted too.
 */
export const requireMediaType = (
  ranges: ReadonlyArray<string>,
  contentType: string | undefined,
  body?: Uint8Array
): Effect.Effect<string | undefined, CodecError> => {
  if (contentType === undefined || contentType.trim() === "") {
    return Effect.succeed(undefined)
  }
  const types = parseAll(contentType)
  const accepted = types.find(({ essence }) => matchesMediaType(ranges, essence)) ??
    types.find(({ essence }) => frameworkDefaults.has(essence))
  return accepted === undefined
    ? Effect.fail(unsupportedMediaType(listOf(types), ranges, body))
    : Effect.succeed(accepted.text)
}

const isPayload = ({ Body, ContentType }: { readonly Body: unknown; readonly ContentType: unknown }): boolean =>
  ArrayBuffer.isView(Body) && (ContentType === undefined || typeof ContentType === "string")

/** The members of a payload, each read once. */
export const readPayload = (payload: EncodedPayload, mediaType: string): Either.Either<EncodedPayload, CodecError> =>
  guardReads("payload", () => ({ Body: payload.Body, ContentType: payload.ContentType ?? undefined })).pipe(
    Either.filterOrLeft(isPayload, () => undefined),
    Either.mapLeft(() => undecodable(mediaType, new Uint8Array(), "expected a payload with bytes and a content type"))
  )
