/** Media types of request bodies. */
export { mediaTypeOfFile as ofFile } from "../../protocol/payload/fileTypes.ts"

/** The media type of arguments and of standard input. */
export const ofText = "application/json"

/** Whether a body of this media type is text. */
export const isText = (mediaType: string | undefined): boolean =>
  /^(text\/|application\/([\w.-]+\+)?(json|jsonlines|xml|yaml|x-ndjson))/i.test(mediaType ?? "")
