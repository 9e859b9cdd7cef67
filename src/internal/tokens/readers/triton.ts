/** Responses of Triton's generate extension. A stream has no final record: its end completes it. */
import * as Schema from "effect/Schema"
import { type Decoded, type DecodedEvent, hasContent, makeToken } from "../token.ts"

export const tritonText = () => Schema.Struct({ text_output: Schema.Union(Schema.String, Schema.Array(Schema.String)) })

export const fromTritonText = ({ text_output }: Decoded<typeof tritonText>): DecodedEvent => ({
  tokens: [text_output].flat().map((text, index) => makeToken({ text, index })).filter(hasContent)
})
