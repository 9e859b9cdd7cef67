/** Looks for the output or the failure of a job in the object store. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AsyncModel, Job } from "../../AsyncInference.ts"
import * as Codec from "../../Codec.ts"
import type { ObjectInfo, ObjectStoreService } from "../../ObjectStore.ts"
import {
  AsyncInferenceFailedError,
  type CodecError,
  type ObjectStoreError,
  PayloadTooLargeError
} from "../../SageMakerError.ts"
import { withOrigin } from "../codec/codecError.ts"
import { bytesUpTo, firstBytes } from "../objectStore/firstBytes.ts"
import type { ResultSpan } from "./tracing/spans.ts"

/** The content type of an object that was stored without one. */
const undeclared = "binary/octet-stream"

const maxFailureBytes = 1_048_576

/** Only an absent object means that there is no result yet. */
const ifPresent = <A>(effect: Effect.Effect<A, ObjectStoreError>): Effect.Effect<Option.Option<A>, ObjectStoreError> =>
  Effect.catchIf(Effect.asSome(effect), ({ reason }) => reason === "not-found", () => Effect.succeedNone)

const tooLarge = (limit: number): PayloadTooLargeError =>
  new PayloadTooLargeError({
    message: `The output is larger than ${limit} bytes: increase maxOutputBytes, or read it with resultStream`,
    direction: "response",
    limit
  })

const readFailure = (store: ObjectStoreService, location: string, { size }: ObjectInfo) =>
  size === 0
    ? Effect.succeed("")
    : Effect.map(
      firstBytes(store.get(location, { start: 0, end: maxFailureBytes - 1 }), maxFailureBytes),
      (bytes) => new TextDecoder().decode(bytes.subarray(0, maxFailureBytes))
    )

/** The error of a job whose failure is in the store, unless its output is there too, or the failure has been removed. */
const failureOf = (store: ObjectStoreService, job: Job, location: string, info: ObjectInfo) =>
  Effect.gen(function*() {
    const failure = yield* ifPresent(readFailure(store, location, info))
    const output = yield* ifPresent(store.head(job.outputLocation))
    return Option.isSome(output) || Option.isNone(failure)
      ? output
      : yield* new AsyncInferenceFailedError({ job, failure: failure.value })
  })

const find = (
  store: ObjectStoreService,
  job: Job
): Effect.Effect<Option.Option<ObjectInfo>, ObjectStoreError | AsyncInferenceFailedError> =>
  Effect.gen(function*() {
    const output = yield* ifPresent(store.head(job.outputLocation))
    const { failureLocation } = job
    if (Option.isSome(output) || failureLocation === undefined) {
      return output
    }
    const failure = yield* ifPresent(store.head(failureLocation))
    return Option.isSome(failure)
      ? yield* failureOf(store, job, failureLocation, failure.value)
      : Option.none()
  })

/** The properties of the output; none if there is no result yet. Fails if the job failed. */
export const findOutput = (
  store: ObjectStoreService,
  job: Job,
  span: ResultSpan | undefined
): ReturnType<typeof find> =>
  Effect.tap(find(store, job), (output) => {
    if (Option.isSome(output)) {
      span?.found(output.value.size)
    }
  })

/** Reads and decodes an output. None if it has been removed meanwhile. */
export const readOutput = <A, B, R>(
  store: ObjectStoreService,
  model: Pick<AsyncModel<A, B, R>, "response">,
  job: Job,
  { contentType, size }: ObjectInfo,
  limit: number,
  span: ResultSpan | undefined
): Effect.Effect<Option.Option<B>, ObjectStoreError | PayloadTooLargeError | CodecError, R> =>
  Effect.gen(function*() {
    if (size > limit) {
      return yield* tooLarge(limit)
    }
    const body = yield* ifPresent(bytesUpTo(store.get(job.outputLocation), limit))
    if (Option.isNone(body)) {
      return Option.none()
    }
    if (body.value === undefined) {
      return yield* tooLarge(limit)
    }
    const ContentType = contentType === undeclared ? undefined : contentType
    const value = yield* Effect.mapError(
      Codec.decode({ Body: body.value, ContentType }, model.response),
      withOrigin(job.endpoint)
    )
    span?.decoded(model.response, value)
    return Option.some(value)
  })
