/** Decodes an event-stream body into the parts of its frames. */
import type * as Stream from "effect/Stream"
import type { OperationResponse, ResponseMetadata } from "../../Operation.ts"
import * as eventStream from "../../protocol/eventStream/eventStream.ts"
import { ProtocolError, type UnknownServiceError } from "../../SageMakerError.ts"
import { transduce } from "../framing/transducer.ts"

const decoder = new TextDecoder()

type StepOf<P> = (state: eventStream.State, chunk: Uint8Array) => eventStream.Step<P>

export const eventStreamBody = <P, E, E2>(
  body: Stream.Stream<Uint8Array, E>,
  stepOf: StepOf<P>,
  { metadata: { attempts, requestId, totalRetryDelay }, streamError, unknownError }: {
    readonly streamError: (code: string, members: string) => E2
    readonly unknownError: OperationResponse["unknownError"]
    readonly metadata: ResponseMetadata
  }
): Stream.Stream<P, E | E2 | UnknownServiceError | ProtocolError> => {
  const toError = (failure: eventStream.Failure): E2 | UnknownServiceError | ProtocolError => {
    if (failure._tag === "Broken") {
      const message = `Cannot decode the event stream of the response: ${failure.problem}`
      return new ProtocolError({ message, requestId, attempts, totalRetryDelay })
    }
    return failure._tag === "Exception"
      ? streamError(failure.code, decoder.decode(failure.payload))
      : unknownError(failure.code, failure.message)
  }
  const errorOf = (failure: eventStream.Failure | undefined) => failure === undefined ? undefined : toError(failure)
  return transduce({
    initial: () => eventStream.initial,
    step: (state: eventStream.State, chunk: Uint8Array) => {
      const next = stepOf(state, chunk)
      return { state: next.state, out: next.parts, failure: errorOf(next.failure) }
    },
    finish: (state) => ({ out: [], failure: errorOf(eventStream.finish(state)) })
  })(body)
}
