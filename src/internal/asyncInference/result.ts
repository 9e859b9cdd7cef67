/** Waits for the result of one job. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AsyncInferenceError, AsyncModel, Job, WaitOptions } from "../../AsyncInference.ts"
import { ObjectStore } from "../../ObjectStore.ts"
import { readWait } from "./options.ts"
import { findOutput, readOutput } from "./outcome.ts"
import { withResultSpan } from "./tracing/spans.ts"
import { waitFor } from "./wait.ts"

export const result = <A, B, R, R2>(
  model: Pick<AsyncModel<A, B, R>, "response">,
  job: Job,
  options?: WaitOptions<R2>
): Effect.Effect<B, AsyncInferenceError, ObjectStore | R | R2> =>
  Effect.gen(function*() {
    const wait = yield* readWait(options)
    const store = yield* ObjectStore
    return yield* withResultSpan(job, (span) => {
      const poll = Effect.flatMap(
        findOutput(store, job, span),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (info) => readOutput(store, model, job, info, wait.maxOutputBytes, span)
        })
      )
      return waitFor(job, span?.poll(poll) ?? poll, wait)
    })
  })

export const resultStream = <R2>(
  job: Job,
  options?: WaitOptions<R2>
): Stream.Stream<Uint8Array, AsyncInferenceError, ObjectStore | R2> =>
  Stream.unwrap(Effect.gen(function*() {
    const wait = yield* readWait(options)
    const store = yield* ObjectStore
    yield* withResultSpan(job, (span) => {
      const poll = findOutput(store, job, span)
      return waitFor(job, span?.poll(poll) ?? poll, wait)
    })
    return store.get(job.outputLocation)
  }))
