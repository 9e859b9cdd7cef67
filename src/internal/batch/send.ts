/** Sends rows in one request: joins them, sends the value, and takes the response apart. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import type { Batcher, BatchModel } from "../../Batch.ts"
import { CodecError, toRetryable } from "../../SageMakerError.ts"
import { undecodable, unencodable, withOrigin } from "../codec/codecError.ts"
import { encodeValue } from "../codec/encodedValue.ts"
import type { Limit } from "./concurrency/limit.ts"
import { isThrottled } from "./outcome.ts"

const noBytes = new Uint8Array()

/** What the requests of a batch share. */
export interface Requests<Row, Out, A, B, E, R> {
  readonly model: BatchModel<A, B, E, R>
  readonly batcher: Batcher<Row, Out, A, B>
  readonly limit: Limit
  /** Runs when a request starts. */
  readonly onRequest: () => void
  /** How often a throttled request is sent again. */
  readonly throttleRetries: number
}

/** Joins rows to a value. A function of a program can throw. */
const join = <Row, A>(
  { batcher, model }: {
    readonly batcher: Pick<Batcher<Row, never, A, never>, "join">
    readonly model: { readonly name: string; readonly request: { readonly mediaType: string } }
  },
  rows: ReadonlyArray<Row>
): Either.Either<A, CodecError> =>
  Either.try({
    try: () => batcher.join(rows),
    catch: (thrown) =>
      thrown instanceof CodecError
        ? thrown
        : withOrigin(model.name)(unencodable(model.request.mediaType, "the batcher cannot join the rows"))
  })

/** The bytes of a row in a request, with a separator. A row that cannot be encoded fails when its group is sent. */
export const sizeOf =
  <Row, Out, A, B, E, R>({ batcher, model }: Pick<Requests<Row, Out, A, B, E, R>, "batcher" | "model">) =>
  (row: Row): Effect.Effect<number, never, R> =>
    Effect.match(Effect.flatMap(join({ batcher, model }, [row]), (value) => encodeValue(model.request, value)), {
      onFailure: () => 0,
      onSuccess: ({ Body }) => Body.length + 1
    })

const split = <Row, Out, A, B, E, R>(
  { batcher, model }: Requests<Row, Out, A, B, E, R>,
  response: B,
  rows: ReadonlyArray<Row>
): Either.Either<ReadonlyArray<Out>, CodecError> => {
  const invalid = (problem: string) =>
    withOrigin(model.name)(undecodable(model.request.mediaType, noBytes, { problem, issues: [problem] }))
  return Either.flatMap(
    Either.try({
      try: () => {
        const values = batcher.split(response, rows)
        return Array.isArray(values) ? values.slice() as ReadonlyArray<Out> : undefined
      },
      catch: (thrown) =>
        thrown instanceof CodecError ? withOrigin(model.name)(thrown) : invalid("the batcher cannot split the response")
    }),
    (values) => {
      if (values === undefined) {
        return Either.left(invalid("expected a list with one result for each row"))
      }
      return values.length === rows.length
        ? Either.right(values)
        : Either.left(invalid(`expected ${rows.length} results, one for each row, found ${values.length}`))
    }
  )
}

const baseDelayMillis = 200
const maxDelayMillis = 20_000

/** An exponential delay with jitter, or the delay that the service requests. */
const delayBefore = (error: unknown, retries: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => {
    const backoff = Math.min(maxDelayMillis, baseDelayMillis * 2 ** retries)
    const requested = Math.min(maxDelayMillis, toRetryable(error).retryAfterMillis ?? 0)
    return Duration.millis(Math.max(requested, Math.ceil(backoff * (0.5 + random / 2))))
  })

/** Sends a request again if it was throttled. */
const sendAgain = <A, E, R>(
  request: Effect.Effect<A, E, R>,
  maxRetries: number,
  retries = 0
): Effect.Effect<A, E, R> =>
  Effect.catchAll(request, (error) =>
    isThrottled(error) && retries < maxRetries
      ? Effect.flatMap(
        delayBefore(error, retries),
        (delay) => Effect.zipRight(Effect.sleep(delay), sendAgain(request, maxRetries, retries + 1))
      )
      : Effect.fail(error))

/** Sends rows in one request. */
export const sendRows = <Row, Out, A, B, E, R>(
  requests: Requests<Row, Out, A, B, E, R>,
  rows: ReadonlyArray<Row>
): Effect.Effect<ReadonlyArray<Out>, E | CodecError, R> =>
  Effect.flatMap(join(requests, rows), (value) => {
    const request = Effect.suspend(() => {
      requests.onRequest()
      return requests.limit.observe(requests.model.invoke(value))
    })
    return Effect.flatMap(sendAgain(request, requests.throttleRetries), (response) => split(requests, response, rows))
  })
