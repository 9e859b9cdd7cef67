/** The response of a container as an output of the emulator. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { TransportResponse } from "../../../internal/transport/transport.ts"
import { responseHeaders } from "../../../InvokeEndpoint.ts"
import type { BodyError } from "../../../Operation.ts"
import { ModelStreamError, TimeoutError } from "../../../SageMakerError.ts"
import type { EmulatorOutput, EmulatorRequest } from "../../Emulator.ts"
import { allConstraints } from "../emulator/operationHandler.ts"
import { problemOf } from "./readiness.ts"

type Members = Omit<EmulatorOutput, "Body">

/** A response that is larger than its limit. */
export class ResponseTooLarge extends Data.TaggedError("ResponseTooLarge") {}

/** The members in the headers of a response; the failure is the problem of an invalid one. */
export const outputMembers = (
  { headers }: TransportResponse,
  { TargetVariant }: EmulatorRequest
): Either.Either<Members, string> => {
  const { InvokedProductionVariant: _, ...members } = responseHeaders.decode(headers)
  return Either.mapBoth(responseHeaders.encode(members, allConstraints), {
    onLeft: ({ constraint, field }) => `The container returned an invalid ${field}: it must be ${constraint}`,
    onRight: () => (TargetVariant === undefined ? members : { ...members, InvokedProductionVariant: TargetVariant })
  })
}

/** The whole response. */
export const wholeOutput = (
  members: Members,
  { body }: TransportResponse,
  limit: number
): Effect.Effect<EmulatorOutput, BodyError | ResponseTooLarge> =>
  Effect.map(body.bytes(limit, () => new ResponseTooLarge()), (Body) => ({ ...members, Body }))

const toStreamError = (error: BodyError): ModelStreamError =>
  error._tag === "TimeoutError"
    ? new ModelStreamError({
      ErrorCode: "ModelInvocationTimeExceeded",
      message: `The container did not end its response within ${error.duration} ms`
    })
    : new ModelStreamError({
      ErrorCode: "StreamBroken",
      message: `The response of the container failed: ${problemOf(error)}`
    })

/**
 * The response as a stream of the chunks of the container. It fails after `millis` milliseconds.
 *
 * The timeout also closes the connection of a response that nobody reads.
 */
export const streamedOutput = (
  members: Members,
  { body }: TransportResponse,
  millis: number,
  close: Effect.Effect<void>
): Effect.Effect<EmulatorOutput> =>
  Effect.map(
    Effect.forkDaemon(
      Effect.sleep(millis).pipe(
        Effect.tap(() => body.abort(() => new TimeoutError({ phase: "total", duration: millis }))),
        Effect.zipRight(close)
      )
    ),
    (timer) => ({
      ...members,
      Body: body.stream.pipe(
        Stream.filter((chunk) => chunk.byteLength > 0),
        Stream.mapError(toStreamError),
        Stream.ensuring(Effect.zipRight(Fiber.interruptFork(timer), close))
      )
    })
  )
