/** Files of a prompt as content parts of a chat request. */
import { decodeBase64, encodeBase64 } from "#base64"
import type * as Prompt from "@effect/ai/Prompt"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { ChatContentPart } from "../../../Chat.ts"
import { otherPart } from "../../../Chat.ts"

/** A content part, or why the file cannot be sent. */
type Result = Either.Either<ChatContentPart, string>

type Data = { readonly url: string } | { readonly base64: string }

/** A text with a scheme is a URL: Base64 contains no colon. */
const isUrl = (text: string): boolean => /^[a-z][a-z\d+.-]*:/i.test(text)

const dataOf = (data: Prompt.FilePart["data"]): Either.Either<Data, string> => {
  if (data instanceof URL) {
    return Either.right({ url: data.href })
  }
  if (typeof data !== "string") {
    return Either.right({ base64: encodeBase64(data) })
  }
  if (isUrl(data)) {
    return Either.right({ url: data })
  }
  return decodeBase64(data) === undefined ? Either.left("its data is not Base64") : Either.right({ base64: data })
}

/** A wildcard is no type of a `data:` URL. The decoders of the containers read the type from the bytes. */
const urlOf = (data: Data, mediaType: string, wildcard: string): string =>
  "url" in data ? data.url : `data:${mediaType.endsWith("/*") ? wildcard : mediaType};base64,${data.base64}`

/** Media types of audio whose format has another name than the subtype. */
const audioFormats = new Map([
  ["audio/mpeg", "mp3"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/vnd.wave", "wav"],
  ["audio/mp4", "m4a"],
  ["audio/x-m4a", "m4a"],
  ["audio/x-flac", "flac"],
  ["audio/*", "wav"]
])

const audioPart = (data: Data, mediaType: string): ChatContentPart =>
  "url" in data
    ? { type: "audio_url", audio_url: { url: data.url } }
    : {
      type: "input_audio",
      input_audio: { data: data.base64, format: audioFormats.get(mediaType) ?? mediaType.slice("audio/".length) }
    }

const dataUrl = /^data:[^,]*;base64,(.*)$/s

const bytesOf = (data: Data): Uint8Array | undefined => {
  const base64 = "url" in data ? dataUrl.exec(data.url)?.[1] : data.base64
  return base64 === undefined ? undefined : decodeBase64(base64)
}

const textPart = (data: Data): Result => {
  const bytes = bytesOf(data)
  if (bytes === undefined) {
    return Either.left("containers do not load text files from a URL: send the bytes of the file")
  }
  return Either.try({
    try: () => ({ type: "text" as const, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) }),
    catch: () => "its bytes are not UTF-8"
  })
}

const detailOf = (detail: unknown): { readonly detail?: "auto" | "low" | "high" } =>
  detail === "auto" || detail === "low" || detail === "high" ? { detail } : {}

const imagePart = (data: Data, mediaType: string, detail: unknown): ChatContentPart => ({
  type: "image_url",
  image_url: { url: urlOf(data, mediaType, "image/jpeg"), ...detailOf(detail) }
})

const fromData = (data: Data, mediaType: string, detail: unknown): Result => {
  const [kind] = mediaType.split("/")
  switch (kind) {
    case "image":
      return Either.right(imagePart(data, mediaType, detail))
    case "audio":
      return Either.right(audioPart(data, mediaType))
    case "video":
      return Either.right({ type: "video_url", video_url: { url: urlOf(data, mediaType, "video/mp4") } })
    case "text":
      return textPart(data)
    default:
      return Either.left("chat completions have images, audio, video and text files only")
  }
}

/**
 * The content part of a file. Members of its provider options are members of the part; `detail` belongs to the image.
 * Options with a `type` are the whole part, for containers with other kinds of parts.
 */
export const filePart = (file: Prompt.FilePart, options: Readonly<Record<string, unknown>>): Result => {
  if (Predicate.isString(options["type"])) {
    return Either.right(otherPart({ ...options, type: options["type"] }))
  }
  const { detail, ...members } = options
  const mediaType = file.mediaType.split(";")[0]!.trim().toLowerCase()
  return Either.flatMap(dataOf(file.data), (data) => fromData(data, mediaType, detail)).pipe(
    Either.map((part) => ({ ...part, ...members })),
    Either.mapLeft((problem) => `a file of type ${mediaType} cannot be sent: ${problem}`)
  )
}
