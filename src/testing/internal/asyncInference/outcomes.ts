/** The results of asynchronous inference requests, by the ID of the request. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"

/** The result of an asynchronous inference request: the output, or the text of the failure. */
export type AsyncInferenceOutcome = Either.Either<Uint8Array, string>

/** Identifies one request among those with the same ID. */
export type RequestToken = object

interface Entry {
  readonly result: Deferred.Deferred<AsyncInferenceOutcome>
  latest: RequestToken | undefined
}

/** The result of the latest request of each ID, pending or completed. */
export const makeOutcomes = () => {
  const entries = new Map<string, Entry>()

  const add = (inferenceId: string): Entry => {
    const entry = { result: Deferred.unsafeMake<AsyncInferenceOutcome>(FiberId.none), latest: undefined }
    entries.set(inferenceId, entry)
    return entry
  }
  const entryOf = (inferenceId: string): Entry => entries.get(inferenceId) ?? add(inferenceId)

  return {
    /** Makes a request the latest one with its ID. */
    start: (inferenceId: string, token: RequestToken): Effect.Effect<void> =>
      Effect.gen(function*() {
        const entry = entryOf(inferenceId)
        const current = (yield* Deferred.isDone(entry.result)) ? add(inferenceId) : entry
        current.latest = token
      }),
    complete: (inferenceId: string, token: RequestToken, outcome: AsyncInferenceOutcome): Effect.Effect<void> =>
      Effect.suspend(() => {
        const entry = entries.get(inferenceId)
        return entry?.latest === token ? Effect.asVoid(Deferred.succeed(entry.result, outcome)) : Effect.void
      }),
    /** Waits for the result of the latest request with this ID, which may be submitted later. */
    await: (inferenceId: string): Effect.Effect<AsyncInferenceOutcome> =>
      Effect.suspend(() => Deferred.await(entryOf(inferenceId).result))
  }
}

export type Outcomes = ReturnType<typeof makeOutcomes>
