/** Constructors of `CodecError`. A message never contains a value, because a payload can be confidential. */
import { CodecError } from "../../SageMakerError.ts"

/** The error of a value that cannot be encoded in a media type. */
export const unencodable = (mediaType: string, problem: string, issues: ReadonlyArray<string> = []): CodecError =>
  new CodecError({
    message: `Cannot encode the value as ${mediaType}: ${problem}`,
    mediaType,
    direction: "encode",
    issues
  })

/** The error of a value whose members throw when they are read. */
export const unreadableValue = (mediaType: string): CodecError => unencodable(mediaType, "the value cannot be read")

/** The error of a payload that is invalid in a media type. */
export const undecodable = (
  mediaType: string,
  body: Uint8Array,
  problem: string,
  issues: ReadonlyArray<string> = []
): CodecError =>
  new CodecError({
    message: `Cannot decode the payload as ${mediaType}: ${problem}`,
    mediaType,
    direction: "decode",
    issues,
    body
  })

/** The error of a response stream that is invalid in a media type. `body` is the invalid line, if there is one. */
export const undecodableStream = (mediaType: string, problem: string, body?: Uint8Array): CodecError =>
  new CodecError({
    message: `Cannot decode the stream as ${mediaType}: ${problem}`,
    mediaType,
    direction: "decode",
    ...(body === undefined ? {} : { body })
  })

/** The error of an event whose data is invalid in a dialect of token streams. */
export const undecodableEvent = (dialect: string, text: string, issues: ReadonlyArray<string>): CodecError =>
  new CodecError({
    message: `Cannot decode an event of the stream as ${dialect}: ${issues.join("; ")}`,
    mediaType: "text/event-stream",
    direction: "decode",
    issues,
    body: new TextEncoder().encode(text)
  })

/** The error of a payload with a media type that is not accepted. */
export const unsupportedMediaType = (
  mediaType: string | undefined,
  accepted: ReadonlyArray<string>,
  body: Uint8Array | undefined
): CodecError => {
  const found = mediaType === undefined ? "with an invalid content type" : `of media type ${mediaType}`
  return new CodecError({
    message: `Cannot decode a payload ${found}: expected ${accepted.join(", ")}`,
    mediaType: mediaType ?? "",
    direction: "decode",
    ...(body === undefined ? {} : { body })
  })
}
