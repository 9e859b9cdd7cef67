/** Dialects: framings that decode the token streams of model servers. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Framing } from "../../Framing.ts"
import type { CodecError, ModelStreamError } from "../../SageMakerError.ts"
import type { Dialect, Token, TokenWithEvent } from "../../Tokens.ts"
import { undecodableEvent } from "../codec/codecError.ts"
import { jsonLinesTypes, jsonTypes } from "../codec/mediaTypes.ts"
import type { EventKind, History, Issues, Members } from "./eventKind.ts"
import { type DecodedTokens, decodeEvents, type EventDecoder, type EventText } from "./events.ts"
import { TokenObserver } from "./observedTokens.ts"
import { type ReportedError, reportedError, toModelStreamError } from "./reportedError.ts"
import { currentStreamEnd, type StreamEnd } from "./streamEnd.ts"
import type { DecodedEvent } from "./token.ts"

type Failure = CodecError | ModelStreamError

/** Adds the tokens of an event to a list, in the form that the stream emits. */
type AddTokens<A> = (out: Array<A>, tokens: ReadonlyArray<Token>, event: unknown) => void

type Reader = Pick<EventKind, "matches" | "endsWithStream"> & { readonly read: ReturnType<EventKind["makeReader"]> }

/** Decodes the events of one stream. */
class Decoder<A> implements EventDecoder<A, Failure> {
  readonly name: string
  readonly members: string
  readonly readers: ReadonlyArray<Reader>
  readonly add: AddTokens<A>
  readonly end: StreamEnd
  readonly observer: TokenObserver | undefined
  history: History = { hasTokens: false }
  isComplete = false

  constructor(
    name: string,
    kinds: ReadonlyArray<EventKind>,
    add: AddTokens<A>,
    end: StreamEnd,
    observer: TokenObserver | undefined
  ) {
    this.name = name
    this.members = kinds.map(({ member }) => member).join(", ")
    this.readers = kinds.map((kind) => ({ ...kind, read: kind.makeReader() }))
    this.add = add
    this.end = end
    this.observer = observer
  }

  /** A list in place of an event is a batch of whole responses. */
  decode(event: EventText): DecodedTokens<A, Failure> {
    const { kind, text, value } = event
    if (kind === "error") {
      return { out: [], failure: toModelStreamError(errorEvent(text, value)) }
    }
    if (Either.isLeft(value)) {
      return { out: [], failure: this.invalid(event, [value.left]) }
    }
    return this.readEvents(event, Array.isArray(value.right) && value.right.length > 0 ? value.right : [value.right])
  }

  finish(isDone: boolean): void {
    this.end.isComplete ||= isDone || this.isComplete
  }

  private readEvents(from: EventText, events: ReadonlyArray<unknown>): DecodedTokens<A, Failure> {
    const out: Array<A> = []
    let { hasTokens } = this.history
    for (const [position, event] of events.entries()) {
      const decoded = this.readEvent(event, position)
      if (Either.isLeft(decoded)) {
        return { out, failure: this.invalid(from, decoded.left) }
      }
      const { error, isFinal = false, tokens } = decoded.right
      this.add(out, tokens, event)
      this.observer?.add(decoded.right)
      this.isComplete ||= isFinal
      if (error !== undefined) {
        return { out, failure: toModelStreamError(error) }
      }
      hasTokens = !isFinal && (hasTokens || tokens.length > 0)
    }
    this.history = { hasTokens }
    return { out }
  }

  private invalid({ kind, text }: EventText, issues: Issues): CodecError {
    return undecodableEvent(this.name, kind === "json" ? "application/json" : "text/event-stream", text, issues)
  }

  private readEvent(event: unknown, position: number): Either.Either<DecodedEvent, Issues> {
    const reader = Predicate.isRecord(event) ? this.readers.find(({ matches }) => matches(event)) : undefined
    const error = reportedError(event, reader !== undefined)
    if (error !== undefined) {
      return Either.right({ tokens: [], error })
    }
    this.isComplete ||= reader?.endsWithStream === true
    return reader === undefined
      ? Either.left([`expected an object with one of: ${this.members}`])
      : reader.read(event as Members, position, this.history)
  }
}

const addToken: AddTokens<Token> = (out, tokens) => {
  for (const token of tokens) {
    out.push(token)
  }
}

/** An event without tokens is emitted with an empty token, so that no event is lost. */
const addTokenWithEvent: AddTokens<TokenWithEvent> = (out, tokens, event) => {
  for (const token of tokens.length === 0 ? [{ text: "", index: 0 }] : tokens) {
    out.push({ ...token, event })
  }
}

/** The error of a server-sent event of type `error`, whatever its data is. */
const errorEvent = (text: string, value: EventText["value"]): ReportedError =>
  (Either.isRight(value) ? reportedError(value.right, false) : undefined) ??
    { name: undefined, status: undefined, message: text }

type Frame<A> = Framing<A, Failure>["frame"]

const frameWith = <A>(name: string, kinds: ReadonlyArray<EventKind>, add: AddTokens<A>): Frame<A> => (chunks, limits) =>
  Stream.unwrap(
    Effect.map(
      currentStreamEnd,
      (end) => decodeEvents(chunks, limits, new Decoder(name, kinds, add, end, TokenObserver.of(chunks)))
    )
  )

/** The member of a dialect whose tokens contain their events. */
const frameWithEvents = Symbol.for("effect-sagemaker-runtime/Tokens/frameWithEvents")

/** Makes a dialect. Error messages contain `name` as the name of its events. */
export const makeDialect = (
  name: string,
  mediaType: string | undefined,
  ...kinds: ReadonlyArray<EventKind>
): Dialect => {
  const dialect: Dialect = {
    mediaType,
    reads: ["text/event-stream", ...jsonLinesTypes, ...jsonTypes],
    frame: frameWith(name, kinds, addToken)
  }
  return Object.assign(dialect, { [frameWithEvents]: frameWith(name, kinds, addTokenWithEvent) })
}

const withoutEvents = (dialect: Dialect): Frame<TokenWithEvent> => (chunks, limits) =>
  Stream.map(dialect.frame(chunks, limits), (token) => ({ ...token, event: undefined }))

/** The dialect whose tokens contain their events. */
export const withEvents = (dialect: Dialect): Framing<TokenWithEvent, Failure> => {
  const frame: unknown = Reflect.get(dialect, frameWithEvents)
  return { ...dialect, frame: typeof frame === "function" ? frame as Frame<TokenWithEvent> : withoutEvents(dialect) }
}
