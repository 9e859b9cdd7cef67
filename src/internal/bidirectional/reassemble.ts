/** Joins the parts of each message. */
import type * as Stream from "effect/Stream"
import type { ReassembleOptions, ResponsePart, StreamMessage } from "../../InvokeEndpointWithBidirectionalStream.ts"
import { type InvalidInputError, type ModelStreamError, PayloadTooLargeError } from "../../SageMakerError.ts"
import { transduce, type TransducerStep } from "../framing/transducer.ts"
import { incompleteMessage, isLast } from "./message.ts"
import { maxMessageBytes, withSettings } from "./settings.ts"

/** The bytes of an incomplete message, in a buffer with room to grow. `undefined` between messages. */
type State = {
  readonly buffer: Uint8Array
  readonly size: number
  readonly type: string | undefined
} | undefined

type Step = TransducerStep<State, StreamMessage, PayloadTooLargeError | ModelStreamError>

const tooLarge = (size: number, limit: number): PayloadTooLargeError =>
  new PayloadTooLargeError({
    message: `A message of the stream has at least ${size} bytes; the limit (maxMessageBytes) is ${limit}`,
    direction: "response",
    limit
  })

const append = (state: State, { Bytes, DataType }: ResponsePart): NonNullable<State> => {
  const { buffer, size, type } = state ?? { buffer: new Uint8Array(), size: 0, type: undefined }
  const needed = size + Bytes.byteLength
  const grown = needed <= buffer.byteLength ? buffer : new Uint8Array(Math.max(64, needed, 2 * buffer.byteLength))
  if (grown !== buffer) {
    grown.set(buffer.subarray(0, size))
  }
  grown.set(Bytes, size)
  return { buffer: grown, size: needed, type: type ?? DataType }
}

const message = (Bytes: Uint8Array, DataType: string | undefined): StreamMessage =>
  DataType === undefined ? { Bytes } : { Bytes, DataType }

const step = (state: State, part: ResponsePart, limit: number): Step => {
  const size = (state?.size ?? 0) + part.Bytes.byteLength
  if (size > limit) {
    return { state: undefined, out: [], failure: tooLarge(size, limit) }
  }
  if (isLast(part) && state === undefined) {
    return { state, out: [message(part.Bytes, part.DataType)] }
  }
  const next = append(state, part)
  return isLast(part)
    ? { state: undefined, out: [message(next.buffer.subarray(0, next.size), next.type)] }
    : { state: next, out: [] }
}

export const reassemble = <E, R>(
  parts: Stream.Stream<ResponsePart, E, R>,
  options: ReassembleOptions | undefined
): Stream.Stream<StreamMessage, E | ModelStreamError | PayloadTooLargeError | InvalidInputError, R> =>
  withSettings(() => maxMessageBytes(options), (limit) =>
    transduce({
      initial: (): State => undefined,
      step: (state: State, part: ResponsePart): Step => step(state, part, limit),
      finish: (state) => state === undefined ? { out: [] } : { out: [], failure: incompleteMessage() }
    })(parts))
