/** The parts of an event-stream body as a stream: every frame is decoded or fails, chunks stay chunks. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type { Metadata } from "../Operation.ts"
import * as eventStream from "../protocol/eventStream.ts"
import { ProtocolError } from "../SageMakerError.ts"

/** Makes the typed error of an error the service puts into a stream, from its code and its members as JSON. */
export type Refuse<E> = (code: string | undefined, members: string) => E

const decoder = new TextDecoder()

/** The payloads of a body's frames. */
export const parts = <E, E2>(
  body: Stream.Stream<Uint8Array, E>,
  refuse: Refuse<E2>,
  { requestId }: Metadata
): Stream.Stream<Uint8Array, E | E2 | ProtocolError> => {
  const failed = (failure: eventStream.Failure): E2 | ProtocolError => {
    if (failure._tag === "Broken") {
      return new ProtocolError({ message: `The response stream is broken: ${failure.problem}`, requestId })
    }
    return failure._tag === "Exception"
      ? refuse(failure.code, decoder.decode(failure.payload))
      : refuse(failure.code, JSON.stringify({ message: failure.message }))
  }

  const decode = (
    state: eventStream.State
  ): Channel.Channel<Chunk.Chunk<Uint8Array>, Chunk.Chunk<Uint8Array>, E | E2 | ProtocolError, E> =>
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
