import { Effect, Ref, Schema } from "effect"
import { Codec, SageMakerError } from "effect-sagemaker-runtime"

/** How a scripted model responds to the rows of one request, of which `running` run at the same time. */
export type Respond = (
  rows: ReadonlyArray<number>,
  request: number,
  running: number
) => Effect.Effect<ReadonlyArray<string>, SageMakerError.SageMakerError>

/** The result of a row. */
export const resultOf = (row: number): string => `result ${row}`

/** Responds with one result per row. */
export const respondWithResults = (rows: ReadonlyArray<number>) => Effect.succeed(rows.map(resultOf))

/** A container's rejection of a request. */
export const rejection = new SageMakerError.ModelError({ OriginalStatusCode: 422 })

/** A failure inside a container. */
export const containerFailure = new SageMakerError.ModelError({ OriginalStatusCode: 500 })

export const throttling = new SageMakerError.ThrottlingError({})

/** Fails for requests with one of the rows. */
export const failFor = (
  bad: Iterable<number>,
  error: SageMakerError.SageMakerError = rejection
): Respond => {
  const set = new Set(bad)
  return (rows) => rows.some((row) => set.has(row)) ? Effect.fail(error) : Effect.succeed(rows.map(resultOf))
}

/** A model of lists of numbers that records its requests and how many run at the same time. */
export const scriptedModel = (respond: Respond = respondWithResults) =>
  Effect.gen(function*() {
    const requests = yield* Ref.make<ReadonlyArray<ReadonlyArray<number>>>([])
    const running = yield* Ref.make({ now: 0, max: 0, interrupted: 0 })
    const change = (by: number) =>
      Ref.updateAndGet(running, ({ max, now, ...rest }) => ({ ...rest, now: now + by, max: Math.max(max, now + by) }))
    return {
      requests,
      running,
      model: {
        name: "scores",
        request: Codec.csv(Schema.Array(Schema.Tuple(Schema.Number))) as unknown as Codec.Codec<ReadonlyArray<number>>,
        invoke: (rows: ReadonlyArray<number>) =>
          Effect.flatMap(
            Ref.modify(requests, (all) => [all.length, [...all, rows]] as const),
            (request) => Effect.acquireUseRelease(change(1), ({ now }) => respond(rows, request, now), () => change(-1))
          ).pipe(
            Effect.onInterrupt(() => Ref.update(running, (all) => ({ ...all, interrupted: all.interrupted + 1 })))
          )
      }
    }
  })
