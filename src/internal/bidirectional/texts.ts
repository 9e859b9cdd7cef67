/** Decodes the text of messages part by part. */
import type * as Stream from "effect/Stream"
import type { ResponsePart, TextsOptions } from "../../InvokeEndpointWithBidirectionalStream.ts"
import * as utf8 from "../../protocol/bytes/utf8.ts"
import type { CodecError, InvalidInputError, ModelStreamError } from "../../SageMakerError.ts"
import { undecodableStream } from "../codec/codecError.ts"
import { transduce, type TransducerStep } from "../framing/transducer.ts"
import { incompleteMessage, isLast } from "./message.ts"
import { binaryParts, withSettings } from "./settings.ts"

interface State {
  readonly isInMessage: boolean
  /** The data type of the message's latest part. */
  readonly type: string | undefined
  /** The bytes of an incomplete character. */
  readonly rest: Uint8Array
}

type Step = TransducerStep<State, string, CodecError | ModelStreamError>

const none = new Uint8Array()

const betweenMessages: State = { isInMessage: false, type: undefined, rest: none }

const undecodable = (problem: string): CodecError => undecodableStream("text/plain", problem)

const decode = (state: State, part: ResponsePart, type: string | undefined): Step => {
  const { isInvalid, rest, text } = utf8.step(state.rest, part.Bytes)
  const out = text === "" ? [] : [text]
  if (isInvalid) {
    return { state, out, failure: undecodable("invalid UTF-8") }
  }
  return { state: { isInMessage: true, type, rest }, out }
}

const endMessage = (step: Step): Step =>
  step.failure === undefined && step.state.rest.byteLength > 0
    ? { ...step, failure: undecodable("incomplete UTF-8 character at the end of a message") }
    : { ...step, state: betweenMessages }

const step = (state: State, part: ResponsePart, binary: "skip" | "fail"): Step => {
  const type = part.DataType ?? state.type
  if (type === "BINARY" && binary === "fail") {
    return { state, out: [], failure: undecodable("a part is binary (its DataType is BINARY)") }
  }
  const next = type === "BINARY" ? { state: { ...state, isInMessage: true, type }, out: [] } : decode(state, part, type)
  return isLast(part) ? endMessage(next) : next
}

export const texts = <E, R>(
  parts: Stream.Stream<ResponsePart, E, R>,
  options: TextsOptions | undefined
): Stream.Stream<string, E | CodecError | ModelStreamError | InvalidInputError, R> =>
  withSettings(() => binaryParts(options), (binary) =>
    transduce({
      initial: () => betweenMessages,
      step: (state: State, part: ResponsePart): Step => step(state, part, binary),
      finish: ({ isInMessage }) => isInMessage ? { out: [], failure: incompleteMessage() } : { out: [] }
    })(parts))
