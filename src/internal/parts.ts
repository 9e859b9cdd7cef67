/** The parts of an event-stream body as a stream: every frame is decoded or fails, chunks stay chunks. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type { Metadata, Response } from "../Operation.ts"
import * as eventStream from "../protocol/eventStream.ts"
import { ProtocolError, type UnknownServiceError } from "../SageMakerError.ts"

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

  const decode = (
    state: eventStream.State
  ): Channel.Channel<
    Chunk.Chunk<Uint8Array>,
    Chunk.Chunk<Uint8Array>,
    E | E2 | UnknownServiceError | ProtocolError,
    E
  > =>
    Channel.readWith({
      onInput: (chunks: Chunk.Chunk<Uint8Array>) => {
        const payloads: Array<Uint8Array> = []
        let at = state
        for (const chunk of chunks) {
          const step = eventStream.step(at, chunk)
          payloads.push(...step.parts)
          if (step.failure !== undefined) {
            return Channel.zipRight(Channel.write(Chunk.unsafeFromArray(payloads)), Channel.fail(failed(step.failure)))
          }
          at = step.state
        }
        return payloads.length === 0
          ? decode(at)
          : Channel.zipRight(Channel.write(Chunk.unsafeFromArray(payloads)), decode(at))
      },
      onFailure: Channel.fail,
      onDone: () => {
        const failure = eventStream.finish(state)
        return failure === undefined ? Channel.void : Channel.fail(failed(failure))
      }
    })

  return Stream.fromChannel(Channel.pipeTo(Stream.toChannel(body), decode(eventStream.initial)))
}
