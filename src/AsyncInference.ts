/**
 * Asynchronous inference requests, from the request to its result.
 *
 * `run` sends a request and waits for its result. `submit` sends it and returns a `Job`. `result` waits for the result of
 * the job, also in another process. The service stores results as objects in Amazon S3. The layer of `ObjectStore` reads
 * them.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as internalCompletion from "./internal/asyncInference/completion.ts"
import * as internalRecords from "./internal/asyncInference/completionRecords.ts"
import * as internalOptions from "./internal/asyncInference/options.ts"
import * as internalResult from "./internal/asyncInference/result.ts"
import * as internalResults from "./internal/asyncInference/results.ts"
import * as internalSubmit from "./internal/asyncInference/submit.ts"
import { jobClass } from "./internal/error/jobClass.ts"
import { guardReads } from "./internal/operation/readMembers.ts"
import type * as InvokeEndpointAsync from "./InvokeEndpointAsync.ts"
import type * as ModelEndpoint from "./ModelEndpoint.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import * as SageMakerError from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * An asynchronous inference request that the service has accepted.
 *
 * It is a schema: encode it, store it, and wait for its result in another process.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { AsyncInference, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const Job = Schema.parseJson(AsyncInference.Job)
 * const llama = ModelEndpoint.chat("llama-3-70b")
 *
 * export const submitted = AsyncInference.submit(llama, { messages: [{ role: "user", content: "Write a novel." }] }).pipe(
 *   Effect.flatMap(Schema.encode(Job))
 * )
 *
 * export const novel = (job: string) =>
 *   Schema.decode(Job)(job).pipe(Effect.flatMap((job) => AsyncInference.result(llama, job)))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class Job extends jobClass<Job>() {
  /**
   * The name of the endpoint.
   *
   * @since 0.1.0
   */
  declare readonly endpoint: string
  /**
   * The ID of the inference request.
   *
   * @since 0.1.0
   */
  declare readonly inferenceId: string
  /**
   * The location at which the service stores the output.
   *
   * @since 0.1.0
   */
  declare readonly outputLocation: string
  /**
   * The location at which the service stores a failure, if the endpoint has one.
   *
   * @since 0.1.0
   */
  declare readonly failureLocation?: string | undefined
  /**
   * When the service accepted the request, by the clock of the client.
   *
   * @since 0.1.0
   */
  declare readonly submittedAt: DateTime.Utc
  /**
   * When a result can no longer appear: `submittedAt` plus `RequestTTLSeconds` and `InvocationTimeoutSeconds`.
   *
   * @since 0.1.0
   */
  declare readonly expiresAt: DateTime.Utc
  /**
   * The trace context of the call that sent the request, in the format of W3C's header `traceparent`. The span of
   * `result` has a link to it. Missing if no tracer recorded the call.
   *
   * @since 0.1.0
   */
  declare readonly traceparent?: string | undefined
}

/**
 * The errors of waiting for a result.
 *
 * @since 0.1.0
 * @category errors
 */
export type AsyncInferenceError =
  | SageMakerError.AsyncInferenceFailedError
  | SageMakerError.AsyncInferenceTimeoutError
  | SageMakerError.ObjectStoreError
  | SageMakerError.CodecError
  | SageMakerError.InvalidInputError
  | SageMakerError.PayloadTooLargeError

/**
 * The errors of sending an asynchronous inference request.
 *
 * @since 0.1.0
 * @category errors
 */
export type AsyncInferenceSubmitError =
  | InvokeEndpointAsync.InvokeEndpointAsyncError
  | SageMakerError.CodecError

/**
 * A model that can be invoked asynchronously: any `ModelEndpoint`, `ChatEndpoint` or model of a container preset.
 *
 * @since 0.1.0
 * @category models
 */
export interface AsyncModel<in out A, in out B, out R = never>
  extends Pick<ModelEndpoint.ModelEndpoint<A, B, R>, "name" | "defaults" | "request" | "response" | "invokeAsync">
{}

/**
 * Options of `submit`: input members of `invokeEndpointAsync`, and where a large input is stored.
 *
 * @since 0.1.0
 * @category models
 */
export interface SubmitOptions extends InvokeEndpointAsync.InvokeEndpointAsyncOptions {
  /**
   * The `s3://` URL below which an input of more than 128,000 bytes is stored. Each input has a new key.
   *
   * An input is removed if the service has certainly not accepted the request. Otherwise the service reads it later: use
   * a lifecycle rule of the bucket to remove it.
   *
   * Default: a larger input fails with `InvalidInputError`.
   */
  readonly inputPrefix?: string | undefined
}

/**
 * Options of `submit` for an input of any size.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadOptions extends SubmitOptions {
  /** The `s3://` URL below which the input is stored. Each input has a new key. */
  readonly inputPrefix: string
}

/**
 * The progress of waiting for results.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitProgress {
  /** The time since the call started. */
  readonly elapsed: Duration.Duration
  /** The number of polls since the call started. */
  readonly polls: number
}

/**
 * Options of `result`.
 *
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions<R = never> {
  /**
   * The delays between polls. The first poll is immediate. If the schedule ends, the call fails with
   * `AsyncInferenceTimeoutError`.
   *
   * Default: 1 second that grows to 15 seconds, with jitter.
   */
  readonly schedule?: Schedule.Schedule<unknown, WaitProgress, R> | undefined
  /**
   * How long to wait, from the call of `result`. Default: until `expiresAt` of the job. A job that has expired is polled
   * once.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Runs after each poll that found no result. The next poll starts when it has ended. It is interrupted at the deadline,
   * but not within its first second.
   */
  readonly onProgress?: ((progress: WaitProgress) => Effect.Effect<void, never, R>) | undefined
  /** The maximum size of an output in bytes. A larger one fails with `PayloadTooLargeError`. Default: 1 GiB. */
  readonly maxOutputBytes?: number | undefined
}

/**
 * Options of `run`: those of `submit` and of `result`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions<R = never> extends SubmitOptions, WaitOptions<R> {
  /** Runs when the service has accepted the request, for example to store the job. */
  readonly onSubmitted?: ((job: Job) => Effect.Effect<void, never, R>) | undefined
}

/**
 * The result of a job: its value, or why it has none.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobResult<out B> {
  /** The job. */
  readonly job: Job
  /** The decoded output, or the error. */
  readonly result: Either.Either<B, AsyncInferenceError>
}

/**
 * The members of a completion that `results` reads.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompletionStatus
  extends Pick<Completion, "endpoint" | "failureReason" | "inferenceId" | "outputLocation" | "status">
{}

/**
 * Options of `results`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResultsOptions<E = never, R = never> extends WaitOptions<R> {
  /**
   * Notifications of completed and failed requests, decoded with `Completion`. Duplicates and notifications about other
   * requests are ignored.
   *
   * With this option the store is not polled, unless `schedule` is set too. When a job expires, the store is polled once
   * for it. When the stream ends, the store is polled for the remaining jobs. Default: the store is polled.
   */
  readonly completions?: Stream.Stream<CompletionStatus, E, R> | undefined
  /** How many outputs are read at the same time. Default: 8. */
  readonly concurrency?: number | undefined
  /**
   * How long to wait for each job, from when `results` receives it. Default: until `expiresAt` of the job. A job that has
   * expired is polled once.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Runs after each poll of the store, also if it found results. The next poll starts when it has ended. It is interrupted
   * at the next deadline of a job, but not within its first second.
   */
  readonly onProgress?: ((progress: WaitProgress) => Effect.Effect<void, never, R>) | undefined
}

/** A job as an instance of the class, which the errors require. */
const toJob = (job: Job): Either.Either<Job, SageMakerError.InvalidInputError> =>
  Either.try({
    try: () => {
      if (job instanceof Job) {
        return job
      }
      const { endpoint, expiresAt, failureLocation, inferenceId, outputLocation, submittedAt, traceparent } = job
      return new Job({ endpoint, inferenceId, outputLocation, failureLocation, submittedAt, expiresAt, traceparent })
    },
    catch: () =>
      new SageMakerError.InvalidInputError({ field: "job", constraint: "a Job, decoded with AsyncInference.Job" })
  })

const streamOf = <E, R>(
  jobs: Iterable<Job> | Stream.Stream<Job, E, R>
): Stream.Stream<Job, E | SageMakerError.InvalidInputError, R> =>
  Stream.unwrap(guardReads("jobs", (): Stream.Stream<Job, E | SageMakerError.InvalidInputError, R> => {
    if (Predicate.hasProperty(jobs, Stream.StreamTypeId)) {
      return jobs
    }
    return Predicate.isIterable(jobs)
      ? Stream.fromIterable(jobs)
      : Stream.fail(
        new SageMakerError.InvalidInputError({ field: "jobs", constraint: "an iterable or a Stream of jobs" })
      )
  }))

const makeJob = <E, R>(fields: Effect.Effect<internalSubmit.JobFields, E, R>): Effect.Effect<Job, E, R> =>
  Effect.map(fields, (job) => new Job(job))

/**
 * Sends a value as an asynchronous inference request. Completes when the service has accepted the request.
 *
 * A value of up to 128,000 bytes is sent inline. A larger one is stored below `inputPrefix` first. Before any request, the
 * value is encoded and the members of the options are checked.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { AsyncInference, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const transcription = ModelEndpoint.make("transcription", {
 *   request: Codec.binary("audio/wav"),
 *   response: Codec.json(Schema.Struct({ text: Schema.String }))
 * })
 *
 * export const submitted = (audio: Uint8Array) =>
 *   AsyncInference.submit(transcription, audio, { inputPrefix: "s3://recordings/inputs" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const submit: {
  <A, B, R>(
    model: AsyncModel<A, B, R>,
    value: A,
    options: UploadOptions
  ): Effect.Effect<
    Job,
    AsyncInferenceSubmitError | SageMakerError.ObjectStoreError,
    SageMakerRuntime | ObjectStore | R
  >
  <A, B, R>(
    model: AsyncModel<A, B, R>,
    value: A,
    options?: SubmitOptions & { readonly inputPrefix?: undefined }
  ): Effect.Effect<Job, AsyncInferenceSubmitError, SageMakerRuntime | R>
  <A, B, R>(
    model: AsyncModel<A, B, R>,
    value: A,
    options?: SubmitOptions
  ): Effect.Effect<
    Job,
    AsyncInferenceSubmitError | SageMakerError.ObjectStoreError,
    SageMakerRuntime | ObjectStore | R
  >
} = <A, B, R>(model: AsyncModel<A, B, R>, value: A, options?: SubmitOptions) =>
  makeJob(internalSubmit.submit(model, value, options)) as Effect.Effect<
    Job,
    AsyncInferenceSubmitError,
    SageMakerRuntime | R
  >

/**
 * Stores the bytes of a stream below `inputPrefix` and sends their location. The bytes are not encoded.
 *
 * The content type is the media type of the model's request codec, unless `ContentType` is set. The input can have up to
 * 1 GB and is stored in constant memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const submitStream = <A, B, R, E, R2>(
  model: AsyncModel<A, B, R>,
  body: Stream.Stream<Uint8Array, E, R2>,
  options: UploadOptions
): Effect.Effect<
  Job,
  AsyncInferenceSubmitError | SageMakerError.ObjectStoreError | E,
  SageMakerRuntime | ObjectStore | R2
> => makeJob(internalSubmit.submitStream(model, body, options))

/**
 * Sends the location of an input that is already in Amazon S3, such as `s3://recordings/monday.wav`.
 *
 * The content type is the media type of the model's request codec, unless `ContentType` is set.
 *
 * @since 0.1.0
 * @category constructors
 */
export const submitLocation = <A, B, R>(
  model: AsyncModel<A, B, R>,
  location: string,
  options?: InvokeEndpointAsync.InvokeEndpointAsyncOptions
): Effect.Effect<Job, AsyncInferenceSubmitError, SageMakerRuntime> =>
  makeJob(internalSubmit.submitLocation(model, location, options))

/**
 * Waits for the result of a job and decodes it.
 *
 * Polls the object store until the output or the failure is there. Only an absent object means that there is no result
 * yet: if access is denied, the call fails immediately. If the output and the failure are there, the output is decoded.
 * A store that is unavailable in five polls in a row fails the call. Interruption stops the polling; the job is not
 * affected.
 *
 * @since 0.1.0
 * @category constructors
 */
export const result = <A, B, R, R2 = never>(
  model: Pick<AsyncModel<A, B, R>, "response">,
  job: Job,
  options?: WaitOptions<R2>
): Effect.Effect<B, AsyncInferenceError, ObjectStore | R | R2> =>
  Effect.flatMap(toJob(job), (checked) => internalResult.result(model, checked, options))

/**
 * Waits for the result of a job as `result` does, then streams the bytes of the output, of any size.
 *
 * `timeout` bounds the time until the output is found, not the time to read it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const resultStream = <R = never>(
  job: Job,
  options?: Omit<WaitOptions<R>, "maxOutputBytes">
): Stream.Stream<Uint8Array, AsyncInferenceError, ObjectStore | R> =>
  Stream.unwrap(Effect.map(toJob(job), (checked) => internalResult.resultStream(checked, options)))

/**
 * Sends a value as `submit` does and waits for its result as `result` does.
 *
 * If the call is interrupted or times out, the request continues. `onSubmitted` receives its job, and
 * `AsyncInferenceTimeoutError` contains it.
 *
 * @example
 * ```ts
 * import { AsyncInference, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-70b")
 *
 * export const completion = AsyncInference.run(
 *   llama,
 *   { messages: [{ role: "user", content: "Write a novel." }] },
 *   { timeout: "30 minutes" }
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const run = <A, B, R, R2 = never>(
  model: AsyncModel<A, B, R>,
  value: A,
  options?: RunOptions<R2>
): Effect.Effect<
  B,
  AsyncInferenceError | ModelEndpoint.ModelEndpointError,
  SageMakerRuntime | ObjectStore | R | R2
> =>
  Effect.gen(function*() {
    const { onSubmitted, submit: submitOptions, wait } = yield* internalOptions.readRun(options)
    const job = yield* submit(model, value, submitOptions)
    yield* onSubmitted?.(job) ?? Effect.void
    return yield* result(model, job, wait)
  })

/**
 * Waits for the results of many jobs. Emits each result as soon as it is read, in any order.
 *
 * The jobs share the requests to the store: in each poll, the folders of their results are listed. If a folder has many
 * other objects, up to 100 awaited objects are checked one by one instead. An error of one job is its result. If access to the
 * store is denied, or if the store is unavailable in five polls in a row, the stream fails.
 *
 * @example
 * ```ts
 * import { Console, Either, Stream } from "effect"
 * import { AsyncInference, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-70b")
 *
 * export const printed = (jobs: ReadonlyArray<AsyncInference.Job>) =>
 *   AsyncInference.results(llama, jobs).pipe(
 *     Stream.runForEach(({ job, result }) =>
 *       Console.log(job.inferenceId, Either.match(result, { onLeft: ({ message }) => message, onRight: ({ choices }) => choices }))
 *     )
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const results = <A, B, R, E = never, R2 = never, E3 = never, R3 = never>(
  model: Pick<AsyncModel<A, B, R>, "response">,
  jobs: Iterable<Job> | Stream.Stream<Job, E, R2>,
  options?: ResultsOptions<E3, R3>
): Stream.Stream<
  JobResult<B>,
  SageMakerError.ObjectStoreError | SageMakerError.InvalidInputError | E | E3,
  ObjectStore | R | R2 | R3
> => internalResults.results(model, Stream.mapEffect(streamOf(jobs), toJob), options)

/**
 * A notification of the end of an asynchronous inference request.
 *
 * @since 0.1.0
 * @category notifications
 */
export interface Completion extends internalCompletion.Completion {}

/**
 * Decodes a notification of SageMaker, from Amazon SNS, Amazon SQS or Amazon EventBridge.
 *
 * Reads SageMaker's JSON, the envelope of SNS, a message of SQS, the records of Lambda's events, and an event of
 * EventBridge, as objects, text or bytes. Any other message fails with `ParseError`, without its text.
 *
 * @since 0.1.0
 * @category notifications
 */
export const Completion: Schema.Schema<Completion, unknown> = internalCompletion.completion

/**
 * The job of a notification about a completed request, so that `result` can read its output. None for a failed request.
 *
 * The job has expired: `result` checks the store once.
 *
 * @since 0.1.0
 * @category notifications
 */
export const jobOf = (completion: Completion): Option.Option<Job> => {
  const { endpoint = "unknown", eventTime, inferenceId, outputLocation, receivedTime, status } = completion
  if (status === "Failed" || outputLocation === undefined) {
    return Option.none()
  }
  const submittedAt = receivedTime ?? eventTime ?? DateTime.unsafeMake(0)
  return Option.some(
    new Job({ endpoint, inferenceId, outputLocation, submittedAt, expiresAt: eventTime ?? submittedAt })
  )
}

/**
 * One message of an event or a response with several messages.
 *
 * @since 0.1.0
 * @category notifications
 */
export interface CompletionRecord extends internalRecords.CompletionRecord {}

/**
 * Decodes each message of a Lambda event (`Records`) or of an SQS response (`Messages`), in its order.
 *
 * A message that cannot be decoded does not affect the others.
 *
 * @since 0.1.0
 * @category notifications
 */
export const completionsOf: (event: unknown) => ReadonlyArray<CompletionRecord> = internalRecords.completionsOf
