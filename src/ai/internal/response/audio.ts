/** The audio of a completion as a file part. */
import { decodeBase64, encodeBase64 } from "#base64"
import type * as Response from "@effect/ai/Response"
import * as Predicate from "effect/Predicate"
import type { ChatRequest } from "../../../Chat.ts"

const mediaTypes = new Map([["mp3", "audio/mpeg"], ["pcm16", "audio/pcm"], ["opus", "audio/ogg"]])

/** The response does not contain its format. The request selects it. Default: WAV. */
const mediaTypeOf = ({ audio }: ChatRequest): string => {
  const format = Predicate.hasProperty(audio, "format") ? audio.format : undefined
  return typeof format === "string" ? mediaTypes.get(format) ?? `audio/${format}` : "audio/wav"
}

/** Joins the pieces of audio that a stream contains. `undefined` if one of them is not Base64. */
const joined = (pieces: ReadonlyArray<string>): string | undefined => {
  const decoded = pieces.map(decodeBase64)
  const bytes: Array<Uint8Array> = []
  for (const piece of decoded) {
    if (piece === undefined) {
      return undefined
    }
    bytes.push(piece)
  }
  const whole = new Uint8Array(bytes.reduce((length, piece) => length + piece.length, 0))
  let offset = 0
  for (const piece of bytes) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return encodeBase64(whole)
}

/** The file with the audio of a completion, whose pieces are Base64. `undefined` if one of them is not. */
export const audioPart = (
  pieces: ReadonlyArray<string>,
  request: ChatRequest
): Response.FilePartEncoded | undefined => {
  const data = joined(pieces)
  return data === undefined ? undefined : { type: "file", mediaType: mediaTypeOf(request), data }
}
