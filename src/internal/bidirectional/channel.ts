/** Makes a channel from an operation that sends a stream and receives a stream. */
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as SingleProducerAsyncInput from "effect/SingleProducerAsyncInput"
import * as Stream from "effect/Stream"
import type { InvalidInputError } from "../../SageMakerError.ts"
import { readMembers } from "../operation/readMembers.ts"

/**
 * A channel that sends its input as the `Body` of `input`, and whose output is the `Body` of the response.
 *
 * The input is read while the output is written. Both end with the channel.
 */
export const channel = <Input extends object, In, InErr, Out, E, E2, R>(
  input: Input,
  invoke: (
    input: Input & { readonly Body: Stream.Stream<In, InErr> }
  ) => Effect.Effect<{ readonly Body: Stream.Stream<Out, E2> }, E, R>
): Channel.Channel<
  Chunk.Chunk<Out>,
  Chunk.Chunk<In>,
  E | E2 | InvalidInputError,
  InErr,
  unknown,
  unknown,
  Exclude<R, Scope.Scope>
> =>
  Channel.unwrap(Effect.map(
    SingleProducerAsyncInput.make<InErr, Chunk.Chunk<In>, unknown>(),
    (source) => {
      const Body = Stream.fromChannel(Channel.fromInput(source))
      const sent = Effect.flatMap(readMembers(input, "input"), (members) => invoke({ ...members as Input, Body }))
      return Channel.embedInput(
        Channel.unwrapScoped(Effect.map(sent, (output) => Stream.toChannel(output.Body))),
        source
      )
    }
  ))
