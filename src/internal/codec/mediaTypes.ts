/** The media types payloads go by, and whether one can be read. */
import * as Effect from "effect/Effect"
import { includes, parse } from "../../protocol/payload/mediaType.ts"
import { CodecError } from "../../SageMakerError.ts"

export const jsonTypes = ["application/json", "application/*+json"]

export const jsonLinesTypes = ["jsonlines", "jsonl", "x-jsonlines", "x-ndjson", "ndjson", "json-lines"].map(
  (name) => `application/${name}`
)

export const matchesMediaType = (ranges: ReadonlyArray<string>, essence: string): boolean =>
  ranges.some((range) => includes(range, essence))

/** What servers call a payload when nobody told them what it is. */
const silent = new Set(["application/octet-stream", "text/plain"])

/** Fails unless a payload's media type is among these, or says nothing of what the payload is. */
export const requireMediaType = (
  ranges: ReadonlyArray<string>,
  contentType: string | undefined,
  body?: Uint8Array
): Effect.Effect<void, CodecError> => {
  const essence = parse(contentType ?? "")?.essence
  const isReadable = essence === undefined
    ? contentType === undefined || contentType.trim() === ""
    : silent.has(essence) || matchesMediaType(ranges, essence)
  return isReadable ? Effect.void : Effect.fail(
    new CodecError({
      message: `The payload is ${essence ?? "of no media type"}, and only ${ranges.join(", ")} can be read here`,
      mediaType: essence ?? "",
      direction: "decode",
      ...(body === undefined ? {} : { body })
    })
  )
}
