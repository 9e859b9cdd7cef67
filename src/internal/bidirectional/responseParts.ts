/** Decodes the parts of a response with their headers. */
import type { ResponsePart } from "../../InvokeEndpointWithBidirectionalStream.ts"
import { stepWith } from "../../protocol/eventStream/eventStream.ts"

const memberNames = ["DataType", "CompletionState", "P"] as const

/** Decodes the next chunk into parts. A member is absent if its header is not text. */
export const partStep = stepWith((Bytes, headers): ResponsePart => {
  const part: { -readonly [Member in keyof ResponsePart]: ResponsePart[Member] } = { Bytes }
  for (const name of memberNames) {
    const text = headers.get(name)?.text
    if (text !== undefined) {
      part[name] = text
    }
  }
  return part
})
