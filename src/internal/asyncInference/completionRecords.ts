/** The completions of an event with several messages. */
import type * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { lazy } from "../../protocol/function/lazy.ts"
import { type Completion, completion } from "./completion.ts"
import { isObject, memberOf, parsed } from "./notification.ts"

/**
 * One message of a Lambda event or of an SQS response.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompletionRecord {
  /** The completion, or why the message is none. */
  readonly completion: Either.Either<Completion, ParseResult.ParseError>
  /** The ID of the SQS message: the `itemIdentifier` of a Lambda function's partial batch response. */
  readonly messageId?: string | undefined
  /** The receipt handle with which the SQS message is deleted. */
  readonly receiptHandle?: string | undefined
}

/** An SQS client omits the list if it received no message. */
const isEmptyResponse = (event: object): boolean =>
  Object.keys(event).every((name) => name === "$metadata" || name === "ResponseMetadata")

const messagesOf = (message: unknown): ReadonlyArray<unknown> => {
  const event = parsed(message)
  if (Array.isArray(event)) {
    return event
  }
  if (!isObject(event)) {
    return [event]
  }
  const list = memberOf(event, "Records") ?? memberOf(event, "Messages")
  if (Array.isArray(list)) {
    return list
  }
  return isEmptyResponse(event) ? [] : [event]
}

const firstText = (message: unknown, ...names: ReadonlyArray<string>): string | undefined => {
  for (const name of names) {
    const value = memberOf(message, name)
    if (typeof value === "string") {
      return value
    }
  }
  return undefined
}

const decode = lazy(() => Schema.decodeUnknownEither(completion))

/** The completions of an event, in its order. See `AsyncInference.completionsOf`. */
export const completionsOf = (event: unknown): ReadonlyArray<CompletionRecord> =>
  messagesOf(event).map((message) => ({
    completion: decode()(message),
    messageId: firstText(message, "messageId", "MessageId"),
    receiptHandle: firstText(message, "receiptHandle", "ReceiptHandle")
  }))
