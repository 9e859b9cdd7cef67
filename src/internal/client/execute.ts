import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Operation } from "../../Operation.ts"
import type { CommonError } from "../../SageMakerError.ts"
import { SageMakerRuntime } from "../../SageMakerRuntime.ts"

/** Runs an operation with the client in the context. */
export const execute = <I, O, E, R>(
  operation: Operation<I, O, E, R>,
  input: I
): Effect.Effect<O, E | CommonError, R | SageMakerRuntime> =>
  Effect.withFiberRuntime(({ currentContext }) =>
    Context.unsafeGet(currentContext, SageMakerRuntime).execute(operation, input)
  )
