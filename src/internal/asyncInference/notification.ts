/** Finds the notification of SageMaker in the message of another service. */
import * as Either from "effect/Either"
import { stripFromText } from "../../protocol/bytes/byteOrderMark.ts"
import { decode as decodeUtf8 } from "../../protocol/bytes/utf8.ts"
import { parseJson } from "../../protocol/json/parse.ts"

/** A message is a text, or an envelope with another message. Messages that are nested more deeply are not read. */
const maxNesting = 16

/** The own data property of an object. Getters are not called, and the prototype is not read. */
export const memberOf = (value: unknown, name: string): unknown =>
  isObject(value) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined

export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** The kind of a value, for an error message. It contains no text of the value. */
export const kindOf = (value: unknown): string => {
  if (value === undefined) {
    return "nothing"
  }
  if (Array.isArray(value)) {
    return "an array"
  }
  if (typeof value === "object") {
    return value === null ? "null" : "an object"
  }
  return `a ${typeof value}`
}

/** A message that another message contains. */
interface Content {
  readonly _tag: "Content"
  readonly value: unknown
  /** The service of the outer message. Text has none. */
  readonly envelope?: string
}

interface Notification {
  readonly _tag: "Notification"
  readonly value: object
}

/** A message that is no notification. */
interface Other {
  readonly _tag: "Other"
  readonly found: string
}

type Read = Content | Notification | Other

const content = (value: unknown, envelope?: string): Content => ({
  _tag: "Content",
  value,
  ...(envelope === undefined ? {} : { envelope })
})

const other = (found: string): Other => ({ _tag: "Other", found })

const readText = (text: string): Read => {
  try {
    return content(parseJson(stripFromText(text)))
  } catch {
    return other(text.trim() === "" ? "an empty text" : "a text that is not JSON")
  }
}

const readBytes = (bytes: Uint8Array): Read => {
  const text = decodeUtf8(bytes)
  return text === undefined ? other("bytes that are not UTF-8") : content(text)
}

/** Messages of Amazon SNS about a subscription, which only HTTP endpoints receive. */
const subscriptionMessages = new Set<unknown>(["SubscriptionConfirmation", "UnsubscribeConfirmation"])

const isS3Record = (record: unknown): boolean => memberOf(record, "eventSource") === "aws:s3"

/** Messages about Amazon S3: events of objects, and the message that tests a bucket's notifications. */
const isS3Message = (message: object): boolean => {
  const records = memberOf(message, "Records")
  return isS3Record(message)
    || (Array.isArray(records) && isS3Record(records[0]))
    || memberOf(message, "Event") === "s3:TestEvent"
}

const awsSource = /^aws\.[a-z0-9-]{1,32}$/

const readEvent = (event: object): Content => {
  const source = memberOf(event, "source")
  const isAws = typeof source === "string" && awsSource.test(source)
  return content(memberOf(event, "detail"), isAws ? `an EventBridge event from ${source}` : "an EventBridge event")
}

const readObject = (message: object): Read => {
  const has = (name: string): boolean => memberOf(message, name) !== undefined
  if (has("invocationStatus")) {
    return { _tag: "Notification", value: message }
  }
  const type = memberOf(message, "Type")
  if (subscriptionMessages.has(type)) {
    return other(`an SNS message of type ${String(type)}`)
  }
  if (isS3Message(message)) {
    return other("an event notification of Amazon S3")
  }
  if (has("Records") || has("Messages")) {
    return other("an event with records, which AsyncInference.completionsOf reads")
  }
  if (has("Sns")) {
    return content(memberOf(message, "Sns"))
  }
  if (has("Message")) {
    return content(memberOf(message, "Message"), "an SNS message")
  }
  if (has("Body") || has("body")) {
    return content(memberOf(message, "Body") ?? memberOf(message, "body"), "an SQS message")
  }
  return has("detail") ? readEvent(message) : other("a JSON object without invocationStatus")
}

/** The value of a JSON text or of its bytes. Other values, and text that is not JSON, are returned as they are. */
export const parsed = (message: unknown): unknown => {
  if (typeof message !== "string" && !(message instanceof Uint8Array)) {
    return message
  }
  const step = read(message)
  return step._tag === "Content" ? parsed(step.value) : message
}

const read = (message: unknown): Read => {
  if (typeof message === "string") {
    return readText(message)
  }
  if (message instanceof Uint8Array) {
    return readBytes(message)
  }
  return isObject(message) && !Array.isArray(message) ? readObject(message) : other(kindOf(message))
}

/** The JSON object that SageMaker published, or what was found in place of it. */
export const findNotification = (message: unknown): Either.Either<object, string> => {
  const envelopes: Array<string> = []
  let current = message
  for (let nesting = 0; nesting <= maxNesting; nesting += 1) {
    const step = read(current)
    if (step._tag === "Notification") {
      return Either.right(step.value)
    }
    if (step._tag === "Other") {
      return Either.left([step.found, ...envelopes].join(" in "))
    }
    current = step.value
    if (step.envelope !== undefined) {
      envelopes.unshift(step.envelope)
    }
  }
  return Either.left("too many nested messages")
}
