/** The parts of an event-stream body as a stream: every frame is decoded or fails, chunks stay chunks. */
import type * as Stream from "effect/Stream"
import type { Metadata, Response } from "../Operation.ts"
import * as eventStream from "../protocol/eventStream.ts"
import { ProtocolError, type UnknownServiceError } from "../SageMakerError.ts"
import { stepped } from "./stepping.ts"

const decoder = new TextDecoder()

/** The payloads of a body's frames. */
export const parts = <E, E2>(
  body: Stream.Stream<Uint8Array, E>,
  { metadata: { attempts, requestId, totalRetryDelay }, refuse, unknown }: {
    readonly refuse: (code: string, members: string) => E2
    readonly unknown: Response["unknown"]
    readonly metadata: Metadata
  }
): Stream.Stream<Uint8Array, E | E2 | UnknownServiceError | ProtocolError> => {
  const failed = (failure: eventStream.Failure): E2 | UnknownServiceError | ProtocolError => {
    if (failure._tag === "Broken") {
      const message = `The response stream is broken: ${failure.problem}`
      return new ProtocolError({ message, requestId, attempts, totalRetryDelay })
    }
    return failure._tag === "Exception"
      ? refuse(failure.code, decoder.decode(failure.payload))
      : unknown(failure.code, failure.message)
  }
  const ending = (failure: eventStream.Failure | undefined) => failure === undefined ? undefined : failed(failure)
  return stepped({
    initial: () => eventStream.initial,
    step: (state: eventStream.State, chunk: Uint8Array) => {
      const next = eventStream.step(state, chunk)
      return { state: next.state, out: next.parts, failure: ending(next.failure) }
    },
    finish: (state) => ({ out: [], failure: ending(eventStream.finish(state)) })
  })(body)
}
