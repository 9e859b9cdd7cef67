/** Splits messages into the parts that are sent. */
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type {
  DataType,
  MessageContent,
  PartsOptions,
  RequestPart
} from "../../InvokeEndpointWithBidirectionalStream.ts"
import { isWellFormed } from "../../protocol/bytes/utf8.ts"
import { InvalidInputError } from "../../SageMakerError.ts"
import { transduce, type TransducerStep } from "../framing/transducer.ts"
import { viewOf } from "../operation/payload.ts"
import { isStream } from "./message.ts"
import { type PartsSettings, partsSettings, withSettings } from "./settings.ts"

type Parts = ReadonlyArray<RequestPart>

const encoder = new TextEncoder()

const invalid = (constraint: string): InvalidInputError => new InvalidInputError({ field: "Body", constraint })

const notWellFormed = (): InvalidInputError => invalid("well-formed text")

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

/** The largest end of a part that is not inside a character. Bytes that are not UTF-8 are split at the limit. */
const endOfPart = (bytes: Uint8Array, limit: number): number => {
  let end = limit
  while (limit - end < 3 && isContinuation(bytes[end])) {
    end -= 1
  }
  return isContinuation(bytes[end]) ? limit : end
}

/** Views of the bytes, each of at most `maxPartBytes`. Empty bytes are one empty view. */
const split = (bytes: Uint8Array, type: DataType, maxPartBytes: number): ReadonlyArray<Uint8Array> => {
  const views: Array<Uint8Array> = []
  let start = 0
  while (bytes.byteLength - start > maxPartBytes) {
    const end = type === "UTF8" ? endOfPart(bytes, start + maxPartBytes) : start + maxPartBytes
    views.push(bytes.subarray(start, end))
    start = end
  }
  return [...views, bytes.subarray(start)]
}

const typeOf = (content: unknown): DataType => (typeof content === "string" ? "UTF8" : "BINARY")

const bytesOf = (content: unknown): Either.Either<Uint8Array, InvalidInputError> => {
  if (typeof content === "string") {
    return isWellFormed(content) ? Either.right(encoder.encode(content)) : Either.left(notWellFormed())
  }
  return Either.fromNullable(viewOf(content), () => invalid("text, Uint8Array, ArrayBuffer or ArrayBuffer view"))
}

/** The parts of a message whose content is known. */
const wholeMessage = (content: unknown, settings: PartsSettings): Either.Either<Parts, InvalidInputError> =>
  Either.map(bytesOf(content), (bytes) => {
    const { DataType = typeOf(content), maxPartBytes } = settings
    const views = split(bytes, DataType, maxPartBytes)
    return views.map((Bytes, at) => ({
      Bytes,
      DataType,
      CompletionState: at === views.length - 1 ? "COMPLETE" : "PARTIAL"
    }))
  })

/** A message of which more pieces can follow. */
interface OpenMessage {
  readonly type: DataType | undefined
  /** The first half of a surrogate pair, if the last piece ended with it. */
  readonly pending: string
}

type PartsStep = TransducerStep<OpenMessage, RequestPart, InvalidInputError>

const endsInsidePair = (text: string): boolean => (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800

/** The text of a piece up to its last complete character, and the incomplete character after it. */
const completeText = (pending: string, piece: string): readonly [text: string, pending: string] => {
  const text = pending + piece
  return endsInsidePair(text) ? [text.slice(0, -1), text.slice(-1)] : [text, ""]
}

const addPiece = ({ pending, type }: OpenMessage, piece: unknown, settings: PartsSettings): PartsStep => {
  const state = { type: type ?? settings.DataType ?? typeOf(piece), pending: "" }
  const failed = (failure: InvalidInputError): PartsStep => ({ state, out: [], failure })
  if (settings.DataType === undefined && state.type !== typeOf(piece)) {
    return failed(invalid("either text or bytes within one message"))
  }
  if (typeof piece !== "string" && pending !== "") {
    return failed(notWellFormed())
  }
  const [content, rest] = typeof piece === "string" ? completeText(pending, piece) : [piece, ""]
  const bytes = bytesOf(content)
  if (Either.isLeft(bytes)) {
    return failed(bytes.left)
  }
  const views = bytes.right.byteLength === 0 ? [] : split(bytes.right, state.type, settings.maxPartBytes)
  return {
    state: { ...state, pending: rest },
    out: views.map((Bytes) => ({ Bytes, DataType: state.type, CompletionState: "PARTIAL" }))
  }
}

/** The empty last part. With it, no part has to wait for the next piece. */
const endMessage = ({ pending, type }: OpenMessage): Omit<PartsStep, "state"> =>
  pending === ""
    ? {
      out: [{
        Bytes: new Uint8Array(),
        ...(type === undefined ? {} : { DataType: type }),
        CompletionState: "COMPLETE"
      }]
    }
    : { out: [], failure: notWellFormed() }

export const parts = <E, R>(
  message: MessageContent | Stream.Stream<MessageContent, E, R>,
  options: PartsOptions | undefined
): Stream.Stream<RequestPart, E | InvalidInputError, R> =>
  withSettings(() => partsSettings(options), (settings): Stream.Stream<RequestPart, E | InvalidInputError, R> => {
    if (isStream(message)) {
      return transduce({
        initial: (): OpenMessage => ({ type: settings.DataType, pending: "" }),
        step: (state: OpenMessage, piece: unknown) => addPiece(state, piece, settings),
        finish: endMessage
      })(message)
    }
    const whole = wholeMessage(message, settings)
    return Either.isLeft(whole) ? Stream.fail(whole.left) : Stream.fromChunk(Chunk.unsafeFromArray(whole.right))
  })

export const messages = <E, R>(
  contents: Stream.Stream<MessageContent, E, R>,
  options: PartsOptions | undefined
): Stream.Stream<RequestPart, E | InvalidInputError, R> =>
  withSettings(() => partsSettings(options), (settings) =>
    transduce({
      initial: () => undefined,
      step: (state: undefined, content: MessageContent): TransducerStep<undefined, RequestPart, InvalidInputError> => {
        const message = wholeMessage(content, settings)
        return Either.isLeft(message) ? { state, out: [], failure: message.left } : { state, out: message.right }
      },
      finish: () => ({ out: [] })
    })(contents))
