/** Notifications of SageMaker about asynchronous inference requests, and their JSON. */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { globalState } from "../global/globalState.ts"
import { lazySchema } from "../schema/lazySchema.ts"
import { findNotification, isObject, kindOf, memberOf } from "./notification.ts"

/**
 * The end of an asynchronous inference request, as SageMaker reports it to an Amazon SNS topic.
 *
 * @since 0.1.0
 * @category models
 */
export interface Completion {
  /** Whether the model returned a response. */
  readonly status: "Completed" | "Failed"
  /** The ID of the request. */
  readonly inferenceId: string
  /** The name of the endpoint. */
  readonly endpoint?: string | undefined
  /** The location of the request's payload. Requests with an inline payload can have none. */
  readonly inputLocation?: string | undefined
  /** The location of the output. Failed requests have none. */
  readonly outputLocation?: string | undefined
  /** The media type of the output. */
  readonly contentType?: string | undefined
  /**
   * The service's text about the failure, which can contain text of the model.
   *
   * The property of a decoded value is not enumerable: loggers and `JSON.stringify` do not print it, and spread does not
   * copy it.
   */
  readonly failureReason?: string | undefined
  /** When SageMaker published the notification. */
  readonly eventTime?: DateTime.Utc | undefined
  /** When SageMaker received the request. */
  readonly receivedTime?: DateTime.Utc | undefined
}

const failureReasons = globalState("failureReasons", () => new WeakMap<object, string>())

class HiddenReason extends Data.Class {
  get failureReason(): string | undefined {
    return failureReasons.get(this)
  }
}

// `inspect` with `showHidden` prints the accessors of three prototypes.
class FirstPrinted extends HiddenReason {}
class SecondPrinted extends FirstPrinted {}

class AsyncInferenceCompletion extends SecondPrinted {
  constructor({ failureReason, ...members }: Partial<Completion>) {
    super()
    Object.assign(this, members)
    if (failureReason !== undefined) {
      failureReasons.set(this, failureReason)
    }
  }
}

/** The values of a member: `read` returns `undefined` for a value that is none of them. */
interface Kind<A> {
  readonly expected: string
  readonly read: (value: unknown) => A | undefined
}

const string: Kind<string> = {
  expected: "a string",
  read: (value) => (typeof value === "string" ? value : undefined)
}

const id: Kind<string> = {
  expected: "a string that is not empty",
  read: (value) => (typeof value === "string" && value !== "" ? value : undefined)
}

const status: Kind<Completion["status"]> = {
  expected: "\"Completed\" or \"Failed\"",
  read: (value) => (value === "Completed" || value === "Failed" ? value : undefined)
}

const timestamp = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)T(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** `Date` accepts February 30 and reads it as a day of March. */
const isDay = (day: string): boolean => {
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

const time: Kind<DateTime.Utc> = {
  expected: "a time such as 2026-01-31T12:00:00.000Z",
  read: (value) => {
    const day = typeof value === "string" ? timestamp.exec(value)?.[1] : undefined
    return day !== undefined && isDay(day)
      ? Option.getOrUndefined(Option.map(DateTime.make(value as string), DateTime.toUtc))
      : undefined
  }
}

const utc: Kind<DateTime.Utc> = {
  expected: "a DateTime.Utc",
  read: (value) => (DateTime.isDateTime(value) && DateTime.isUtc(value) ? value : undefined)
}

type Decoded<A> = Either.Either<A, ParseResult.ParseIssue>

/** Reads the members of a JSON object. `null` is read as an absent member. */
const memberReader = (object: object, ast: AST.AST) => {
  const mismatch = (path: readonly [string, ...Array<string>], expected: string, found: unknown): Decoded<never> => {
    const issue = new ParseResult.Type(ast, undefined, `expected ${expected}, found ${kindOf(found)}`)
    return Either.left(new ParseResult.Pointer(path, undefined, issue))
  }
  const optional = <A>({ expected, read }: Kind<A>, name: string, parent?: string): Decoded<A | undefined> => {
    const container = parent === undefined ? object : (memberOf(object, parent) ?? {})
    if (parent !== undefined && !isObject(container)) {
      return mismatch([parent], "an object", container)
    }
    const value = memberOf(container, name) ?? undefined
    const decoded = value === undefined ? undefined : read(value)
    return value !== undefined && decoded === undefined
      ? mismatch(parent === undefined ? [name] : [parent, name], expected, value)
      : Either.right(decoded)
  }
  const required = <A>(kind: Kind<A>, name: string): Decoded<A> =>
    Either.flatMap(
      optional(kind, name),
      (value) => (value === undefined ? mismatch([name], kind.expected, undefined) : Either.right(value))
    )
  return { optional, required }
}

const decode = (message: unknown, ast: AST.AST): Decoded<Completion> =>
  Either.gen(function*() {
    const notification = yield* Either.mapLeft(
      findNotification(message),
      (found) =>
        new ParseResult.Type(
          ast,
          undefined,
          `expected a notification of SageMaker about an asynchronous inference request, found ${found}`
        )
    )
    const { optional, required } = memberReader(notification, ast)
    const members = {
      status: yield* required(status, "invocationStatus"),
      inferenceId: yield* required(id, "inferenceId"),
      endpoint: yield* optional(string, "endpointName", "requestParameters"),
      inputLocation: yield* optional(string, "inputLocation", "requestParameters"),
      outputLocation: yield* optional(string, "outputLocation", "responseParameters"),
      contentType: yield* optional(string, "contentType", "responseParameters"),
      failureReason: yield* optional(string, "failureReason"),
      eventTime: yield* optional(time, "eventTime"),
      receivedTime: yield* optional(time, "receivedTime")
    }
    return new AsyncInferenceCompletion(definedMembers(members) ?? {}) as unknown as Completion
  })

/** The members that have a value, `undefined` if none has. */
const definedMembers = (members: Readonly<Record<string, unknown>>): object | undefined => {
  const defined = Object.entries(members).filter(([, value]) => value !== undefined)
  return defined.length === 0 ? undefined : Object.fromEntries(defined)
}

const isoTime = (value: DateTime.Utc | undefined) => (value === undefined ? undefined : DateTime.formatIso(value))

/** The JSON object that SageMaker publishes. */
const encode = (completion: Completion): unknown =>
  definedMembers({
    eventTime: isoTime(completion.eventTime),
    receivedTime: isoTime(completion.receivedTime),
    invocationStatus: completion.status,
    failureReason: completion.failureReason,
    requestParameters: definedMembers({
      endpointName: completion.endpoint,
      inputLocation: completion.inputLocation
    }),
    responseParameters: definedMembers({
      contentType: completion.contentType,
      outputLocation: completion.outputLocation
    }),
    inferenceId: completion.inferenceId,
    eventVersion: "1.0",
    eventSource: "aws:sagemaker",
    eventName: "InferenceResult"
  })

const requiredKinds: Readonly<Record<string, Kind<unknown>>> = { status, inferenceId: id }

const optionalKinds: Readonly<Record<string, Kind<unknown>>> = {
  endpoint: string,
  inputLocation: string,
  outputLocation: string,
  contentType: string,
  failureReason: string,
  eventTime: utc,
  receivedTime: utc
}

const isCompletion = (value: unknown): value is Completion =>
  isObject(value)
  && Object.entries(requiredKinds).every(([name, { read }]) => read(Reflect.get(value, name)) !== undefined)
  && Object.entries(optionalKinds).every(([name, { read }]) => {
    const member: unknown = Reflect.get(value, name)
    return member === undefined || read(member) !== undefined
  })

/** The schema of completions. See `AsyncInference.Completion`. */
export const completion: Schema.Schema<Completion, unknown> = lazySchema(() =>
  Schema.transformOrFail(
    Schema.Unknown,
    Schema.declare(isCompletion, {
      identifier: "Completion",
      message: () => "expected a Completion"
    }),
    {
      strict: true,
      decode: (message, _, ast) => decode(message, ast),
      encode: (value) => Either.right(encode(value))
    }
  ).annotations({ identifier: "AsyncInference.Completion" })
)
