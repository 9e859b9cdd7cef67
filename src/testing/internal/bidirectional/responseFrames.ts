/** Encodes the parts of a response as event frames. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type { ResponsePart } from "../../../InvokeEndpointWithBidirectionalStream.ts"
import { encode, maxHeaderValueLength, maxPayloadLength } from "../../../protocol/eventStream/frame.ts"
import { TransportError } from "../../../SageMakerError.ts"
import type { EmulatorBidirectionalOutput } from "../../Emulator.ts"
import { encodeException, endWithFailure } from "../emulator/errorFrames.ts"
import type { ErrorSource } from "../emulator/errorResponse.ts"
import { RequestAborted, RequestRefused } from "./refusal.ts"

const encoder = new TextEncoder()

const toPart = (output: EmulatorBidirectionalOutput): ResponsePart => {
  if (typeof output === "string") {
    return { Bytes: encoder.encode(output), DataType: "UTF8", CompletionState: "COMPLETE" }
  }
  return output instanceof Uint8Array ? { Bytes: output, DataType: "BINARY", CompletionState: "COMPLETE" } : output
}

const memberHeaders = (part: ResponsePart): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const name of ["DataType", "CompletionState", "P"] as const) {
    const value: unknown = part[name]
    if (value !== undefined && (typeof value !== "string" || encoder.encode(value).length > maxHeaderValueLength)) {
      throw new Error(`The handler returned a part with an invalid ${name}: expected at most 65,535 bytes of text`)
    }
    if (typeof value === "string") {
      headers[name] = value
    }
  }
  return headers
}

/** Throws if the handler is not typed and returned another value. */
const encodePart = (output: EmulatorBidirectionalOutput): Uint8Array => {
  const part = toPart(output)
  if (!(part?.Bytes instanceof Uint8Array) || part.Bytes.length > maxPayloadLength) {
    throw new Error("The handler returned an invalid part: expected text, bytes or a ResponsePart of at most 24 MiB")
  }
  return encode({
    ":event-type": "PayloadPart",
    ":content-type": "application/octet-stream",
    ":message-type": "event",
    ...memberHeaders(part)
  }, part.Bytes)
}

const closed = () => new TransportError({ reason: "reset" })

const frameOf = (failure: unknown, source: ErrorSource): Stream.Stream<Uint8Array, TransportError> => {
  if (failure instanceof RequestRefused) {
    return Stream.make(encodeException(failure.code, { Message: failure.message }))
  }
  return failure instanceof RequestAborted ? Stream.fail(closed()) : endWithFailure(failure, source)
}

/** The frames of a chunk, up to the first output that is invalid. Outputs stay in chunks, so that few writes send them. */
const encodeChunk = (outputs: Chunk.Chunk<EmulatorBidirectionalOutput>): Stream.Stream<Uint8Array, unknown> => {
  const frames: Array<Uint8Array> = []
  try {
    for (const output of outputs) {
      frames.push(encodePart(output))
    }
    return Stream.fromChunk(Chunk.unsafeFromArray(frames))
  } catch (error) {
    return Stream.concat(Stream.fromIterable(frames), Stream.fail(error))
  }
}

/** The frames of the outputs. A failure is the last frame; `TransportError` resets the stream. */
export const responseFrames = (
  outputs: Stream.Stream<EmulatorBidirectionalOutput, unknown>,
  source: ErrorSource
): Stream.Stream<Uint8Array, unknown> =>
  outputs.pipe(
    Stream.chunks,
    Stream.flatMap(encodeChunk),
    Stream.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Stream.failCause(cause) : frameOf(Cause.squash(cause), source)
    )
  )
