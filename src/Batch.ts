/**
 * Batch inference: a model applied to many rows, with several rows per request and several requests at the same time.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as AsyncInference from "./AsyncInference.ts"
import type * as Codec from "./Codec.ts"
import type { Framing } from "./Framing.ts"
import { arrays as arrayBatcher, bodies as oneBody } from "./internal/batch/arrays.ts"
import * as batchers from "./internal/batch/batchers.ts"
import * as folders from "./internal/batch/files/folders.ts"
import type { FormatMethods } from "./internal/batch/files/format.ts"
import type { SinkMethods, SourceMethods } from "./internal/batch/files/methods.ts"
import { npyFormat } from "./internal/batch/files/npy.ts"
import * as places from "./internal/batch/files/places.ts"
import * as files from "./internal/batch/files/resumable.ts"
import * as streams from "./internal/batch/files/streams.ts"
import * as formats from "./internal/batch/files/text/formats.ts"
import * as models from "./internal/batch/models.ts"
import { isBatchError as isErrorOfBatch } from "./internal/batch/outcome.ts"
import { isRows } from "./internal/batch/rows.ts"
import * as internal from "./internal/batch/run.ts"
import type * as ModelEndpoint from "./ModelEndpoint.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type * as SageMakerError from "./SageMakerError.ts"
import type { SageMakerRuntime } from "./SageMakerRuntime.ts"

/**
 * The limits of one request.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatcherLimits {
  /** The maximum number of rows of a request. Default: 100. */
  readonly maxRows?: number | undefined
  /**
   * The maximum size of a request in bytes, before it is sent. A larger row is sent alone.
   *
   * The size is the sum of the sizes of the rows, each encoded as a request of its own, which takes time. Without the
   * limit, a request that is too large is divided after the client or the service rejected it.
   *
   * Default: no limit.
   */
  readonly maxBytes?: number | undefined
}

/**
 * A model of a batch: any `ModelEndpoint`, `ChatEndpoint` or model of a container preset.
 *
 * An object with another `invoke` sends the requests in another way, for example as response streams.
 *
 * @example
 * ```ts
 * import { Batch, ModelEndpoint, Tokens } from "effect-sagemaker-runtime"
 *
 * const llama = ModelEndpoint.chat("llama-3-8b")
 *
 * export const messages = Batch.run(
 *   { ...llama, invoke: (request) => Tokens.collect(llama.stream(request)) },
 *   [{ messages: [{ role: "user", content: "Why is the sky blue?" }] }]
 * )
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchModel<in A, out B, out E, out R> {
  /** The name of the endpoint. */
  readonly name: string
  /** Encodes the requests of the model, for `maxBytes`. */
  readonly request: Pick<Codec.Codec<A, R>, "encode" | "mediaType">
  /** Sends one request and returns the response. */
  readonly invoke: (value: A) => Effect.Effect<B, E, R>
  /** The limits of a request of the model. The options of the batch and of the batcher override them. */
  readonly limits?: BatcherLimits | undefined
}

/**
 * Joins rows to one request, and takes the response apart.
 *
 * An exception in a function fails the rows of the request with `CodecError`, without its text.
 *
 * @since 0.1.0
 * @category models
 */
export interface Batcher<in Row, out Out, out A, in B> extends BatcherLimits {
  /** Joins rows to a value of the model. It receives at least one row. */
  readonly join: (rows: ReadonlyArray<Row>) => A
  /**
   * Returns one result per row of the request, in the order of the rows. Another number of results fails with
   * `CodecError`. An exception that is a `CodecError` is the error of the rows.
   */
  readonly split: (response: B, rows: ReadonlyArray<Row>) => ReadonlyArray<Out>
}

/**
 * The rows of a batch: an iterable or a `Stream`.
 *
 * @since 0.1.0
 * @category models
 */
export type Rows<Row, E = never, R = never> = Iterable<Row> | Stream.Stream<Row, E, R>

/**
 * A row with its result.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchResult<out Row, out Out, out E> {
  /** The position of the row, from 0. */
  readonly index: number
  /** The row. */
  readonly row: Row
  /** The result of the row, or the error. */
  readonly result: Either.Either<Out, E>
}

/**
 * How many requests run at the same time, adapted to the load of the model.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchConcurrency {
  /** The maximum number of concurrent requests: 1 to 10,000. Default: 16. */
  readonly max?: number | undefined
  /** The number of concurrent requests at the start, at most `max`. Default: 4. */
  readonly start?: number | undefined
}

/**
 * What a batch has done so far.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchProgress {
  /** The number of rows with a result. */
  readonly rows: number
  /** The number of rows that failed. */
  readonly failed: number
  /** The number of requests, without the retries of the client's `RetryPolicy`. */
  readonly requests: number
  /** The number of requests with fewer rows that were sent to find a row that fails. */
  readonly divided: number
  /** The number of requests that were throttled, after the retries of the client's `RetryPolicy`. */
  readonly throttles: number
  /** The current limit of concurrent requests. */
  readonly concurrency: number
  /** The time since the batch started, in milliseconds. */
  readonly elapsed: number
}

/**
 * Options of `run`. Invalid options fail the stream with `InvalidInputError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchOptions<in out Row, in out Out, in out A, in out B, in E, out R = never> extends BatcherLimits {
  /** Joins rows to one request. Default: each row is a request. `maxRows` and `maxBytes` need a batcher. */
  readonly batcher?: Batcher<Row, Out, A, B> | undefined
  /**
   * How many requests run at the same time. A number is fixed. An object is the bound of a number that adapts to the
   * model:
   *
   * - A throttled attempt halves it, also if the retry policy retries it.
   * - A mean latency of more than twice the lowest one reduces it by a quarter.
   * - Otherwise it rises: to the double per round trip until the first decrease, then by one per round trip.
   *
   * Limits of `Resilience` apply to the requests, too. Default: `{ max: 16, start: 4 }`.
   */
  readonly concurrency?: number | BatchConcurrency | undefined
  /** Whether the results have the order of the rows. Otherwise each is emitted once it is complete. Default: `true`. */
  readonly ordered?: boolean | undefined
  /**
   * How many requests can be unfinished, or finished before an earlier one: 1 to 10,000. It bounds the memory of the
   * batch. A slow request delays the results after it, and no more than this number of requests wait for it.
   *
   * Default: four times the maximum of `concurrency`.
   */
  readonly maxPending?: number | undefined
  /**
   * How often a request is sent again if it was throttled, rejected by a full queue or by an open circuit, after the
   * retries of the client's `RetryPolicy`. The delays grow from 200 milliseconds to 20 seconds, with jitter. Then its
   * rows fail. Default: 5.
   */
  readonly throttleRetries?: number | undefined
  /**
   * Whether an error ends the batch. The stream fails with the error, and other requests are interrupted. Otherwise the
   * rows of the request fail with it. If the function throws, the stream fails with
   * `InvalidInputError`. Default: `isBatchError`.
   */
  readonly stopOn?: ((error: E) => boolean) | undefined
  /**
   * Runs after each group of rows. Groups that finish at the same time run it concurrently. If the function throws, the
   * stream fails with `InvalidInputError`.
   */
  readonly onProgress?: ((progress: BatchProgress) => Effect.Effect<void, never, R>) | undefined
}

/**
 * Whether an error concerns all requests of a batch, so that a batch ends with it.
 *
 * These are missing or denied credentials, denied access to an object store, a missing endpoint, a missing inference
 * component, an endpoint that is scaled to zero, and an invalid configuration. `ModelEndpoint.warmUp` waits for an
 * endpoint that is scaled to zero.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isBatchError: (error: unknown) => boolean = isErrorOfBatch

/**
 * Applies a model to rows. Emits each row with its result.
 *
 * Without a batcher, each row is a request. With a batcher, rows are joined to requests of at most `maxRows` rows and
 * `maxBytes` bytes.
 *
 * The error of a row is its result. If a request fails with an error that one row can cause, its rows are divided until
 * the row is found: the other rows succeed. These errors are status 400, 413, 415, 422 and 424, invalid values and responses,
 * and requests that are too large. For one invalid row of `n`, at most `⌈log₂ n⌉ + 2` requests are sent in addition. Any
 * other error fails all rows of its request. An error of the whole batch fails the stream: see `isBatchError`.
 *
 * Use it for models that can process a row again, because a row can be a part of several requests.
 *
 * If the stream is interrupted, its requests are interrupted. A `Stream` of rows is read in chunks. An iterable is read
 * when a request can start, and its iterator is closed if the batch ends early.
 *
 * With a tracer, the batch has the span `Batch.run`, whose children are the spans of its calls.
 *
 * @example
 * ```ts
 * import { Schema, Stream } from "effect"
 * import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })
 *
 * const anomaly = ModelEndpoint.make("anomaly-v2", {
 *   request: Codec.csv(Schema.Array(Reading)),
 *   response: Codec.jsonLines(Schema.Struct({ score: Schema.Number }))
 * })
 *
 * export const scores = (readings: Stream.Stream<typeof Reading.Type>) =>
 *   readings.pipe(Batch.run(anomaly, { batcher: Batch.lists(), maxRows: 500 }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const run: {
  <Row, Out, A, B, E, R, R3 = never>(
    model: BatchModel<A, B, E, R>,
    options: BatchOptions<Row, Out, A, B, E | SageMakerError.CodecError, R3> & {
      readonly batcher: Batcher<Row, Out, A, B>
    }
  ): <E2 = never, R2 = never>(
    rows: Rows<Row, E2, R2>
  ) => Stream.Stream<
    BatchResult<Row, Out, E | SageMakerError.CodecError>,
    E | E2 | SageMakerError.CodecError | SageMakerError.InvalidInputError,
    R | R2 | R3
  >
  <A, B, E, R, R3 = never>(
    model: BatchModel<A, B, E, R>,
    options?: BatchOptions<A, B, A, B, E, R3> & { readonly batcher?: undefined }
  ): <E2 = never, R2 = never>(
    rows: Rows<A, E2, R2>
  ) => Stream.Stream<BatchResult<A, B, E>, E | E2 | SageMakerError.InvalidInputError, R | R2 | R3>
  <Row, Out, A, B, E, R, R3 = never>(
    model: BatchModel<A, B, E, R>,
    rows: Iterable<Row>,
    options: BatchOptions<Row, Out, A, B, E | SageMakerError.CodecError, R3> & {
      readonly batcher: Batcher<Row, Out, A, B>
    }
  ): Stream.Stream<
    BatchResult<Row, Out, E | SageMakerError.CodecError>,
    E | SageMakerError.CodecError | SageMakerError.InvalidInputError,
    R | NoInfer<R3>
  >
  <A, B, E, R, R3 = never>(
    model: BatchModel<A, B, E, R>,
    rows: Iterable<A>,
    options?: BatchOptions<A, B, A, B, E, R3> & { readonly batcher?: undefined }
  ): Stream.Stream<BatchResult<A, B, E>, E | SageMakerError.InvalidInputError, R | NoInfer<R3>>
  <Row, Out, A, B, E, R, E2 = never, R2 = never, R3 = never>(
    model: BatchModel<A, B, E, R>,
    rows: Rows<Row, E2, R2>,
    options: BatchOptions<Row, Out, A, B, E | SageMakerError.CodecError, R3> & {
      readonly batcher: Batcher<Row, Out, A, B>
    }
  ): Stream.Stream<
    BatchResult<Row, Out, E | SageMakerError.CodecError>,
    E | E2 | SageMakerError.CodecError | SageMakerError.InvalidInputError,
    R | R2 | R3
  >
  <A, B, E, R, E2 = never, R2 = never, R3 = never>(
    model: BatchModel<A, B, E, R>,
    rows: Rows<A, E2, R2>,
    options?: BatchOptions<A, B, A, B, E, R3> & { readonly batcher?: undefined }
  ): Stream.Stream<BatchResult<A, B, E>, E | E2 | SageMakerError.InvalidInputError, R | R2 | R3>
} = ((
  model: BatchModel<unknown, unknown, unknown, unknown>,
  second?: Rows<unknown, unknown, unknown> | BatchOptions<unknown, unknown, unknown, unknown, unknown, unknown>,
  options?: BatchOptions<unknown, unknown, unknown, unknown, unknown, unknown>
) =>
  options !== undefined || isRows(second)
    ? internal.run(model, second as Rows<unknown, unknown, unknown>, options)
    : (rows: Rows<unknown, unknown, unknown>) => internal.run(model, rows, second)) as never

/**
 * A batcher for models whose requests are a list of rows and whose responses are a list of results: CSV, JSON Lines and
 * lists in JSON.
 *
 * @since 0.1.0
 * @category batchers
 */
export const lists: <Row, Out>(
  limits?: BatcherLimits
) => Batcher<Row, Out, ReadonlyArray<Row>, ReadonlyArray<Out>> = batchers.lists

/**
 * Options of `instances` and `inputs`.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemberLimits extends BatcherLimits {
  /** Additional members of each request, such as `{ signature_name: "predict" }`. Default: none. */
  readonly members?: { readonly [member: string]: unknown } | undefined
}

/**
 * A batcher for models with requests `{ instances: […] }` and responses `{ predictions: […] }`, as TensorFlow Serving and
 * MLflow have.
 *
 * @since 0.1.0
 * @category batchers
 */
export const instances: <Row, Out>(
  limits?: MemberLimits
) => Batcher<Row, Out, { readonly instances: ReadonlyArray<Row> }, { readonly predictions: ReadonlyArray<Out> }> =
  batchers.instances

/**
 * A batcher for models with requests `{ inputs: […] }` and a list of results as the response, as Hugging Face's
 * containers have.
 *
 * @since 0.1.0
 * @category batchers
 */
export const inputs: <Row, Out>(
  limits?: MemberLimits
) => Batcher<Row, Out, { readonly inputs: ReadonlyArray<Row> }, Out | ReadonlyArray<Out>> = batchers.inputs

/**
 * A batcher for rows that are files, and models whose requests are bytes: each request is the bytes of one file.
 *
 * @since 0.1.0
 * @category batchers
 */
export const bodies: <Out>() => Batcher<FileRow, Out, Uint8Array, Out> = oneBody

/**
 * A batcher for models whose requests and responses are arrays, such as `Codec.npy`. Rows are joined along a new first
 * axis. They must have one dtype and one shape. The first dimension of a response must be the number of rows.
 *
 * @since 0.1.0
 * @category batchers
 */
export const arrays: (
  limits?: BatcherLimits
) => Batcher<Codec.NdArray, Codec.NdArray, Codec.NdArray, Codec.NdArray> = arrayBatcher

/**
 * A model of a batch whose requests are response streams. The result of a request is the list of its elements.
 *
 * A response stream can take 8 minutes, a whole response 60 seconds.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Batch, Codec, Framing, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const Sample = Schema.Struct({ id: Schema.Number })
 * const sampler = ModelEndpoint.make("sampler", {
 *   request: Codec.jsonLines(Sample),
 *   response: Codec.jsonLines(Sample)
 * })
 *
 * export const samples = Batch.run(
 *   Batch.streaming(sampler, Framing.jsonLines(Sample)),
 *   [{ id: 1 }, { id: 2 }],
 *   { batcher: Batch.lists() }
 * )
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export const streaming: <A, B, R, C, E, R2>(
  model: Pick<ModelEndpoint.ModelEndpoint<A, B, R>, "name" | "request" | "stream">,
  framing: Framing<C, E, R2>,
  options?: ModelEndpoint.ModelEndpointStreamOptions
) => BatchModel<A, ReadonlyArray<C>, ModelEndpoint.ModelEndpointStreamError | E, SageMakerRuntime | R | R2> =
  models.streaming

/**
 * Options of `asynchronous`: those of `AsyncInference.run`, and how often the store is polled.
 *
 * @since 0.1.0
 * @category models
 */
export interface AsynchronousOptions<out R = never>
  extends Omit<AsyncInference.RunOptions<R>, "onProgress" | "schedule">
{
  /** The time between two polls for the results of all requests, with jitter of up to 20 %. Default: 2 seconds. */
  readonly pollInterval?: Duration.DurationInput | undefined
}

/**
 * A model of a batch whose requests are asynchronous inference requests: each is sent and waited for.
 *
 * The service queues the requests. Use a fixed number for `concurrency` that keeps its instances busy.
 *
 * The requests share their polls, as in `AsyncInference.results`: a poll lists the folders of the results, which needs
 * `s3:ListBucket`. If a folder has many other objects, a poll checks up to 100 objects instead. If the store is unavailable
 * in five polls in a row, the requests that wait fail.
 *
 * @example
 * ```ts
 * import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const upscaler = ModelEndpoint.make("upscaler", { request: Codec.binary("image/png"), response: Codec.bytes })
 *
 * export const images = (files: Iterable<Uint8Array>) =>
 *   Batch.run(Batch.asynchronous(upscaler, { inputPrefix: "s3://images/inputs" }), files, { concurrency: 100 })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export const asynchronous: <A, B, R, R2 = never>(
  model: AsyncInference.AsyncModel<A, B, R>,
  options?: AsynchronousOptions<R2>
) => BatchModel<
  A,
  B,
  AsyncInference.AsyncInferenceError | ModelEndpoint.ModelEndpointError,
  SageMakerRuntime | ObjectStore | R | R2
> = models.asynchronous

/**
 * A model of a batch whose rows are texts and whose results are vectors. Use it with the batcher `lists`.
 *
 * `maxBatchSize` (default 32) and `maxBatchBytes` of the endpoint, or of the options, are the limits of a request.
 *
 * @example
 * ```ts
 * import { Batch, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const bge = ModelEndpoint.embeddings("bge-m3", { maxBatchSize: 16 })
 *
 * export const vectors = (texts: Iterable<string>) =>
 *   Batch.run(Batch.embeddings(bge), texts, { batcher: Batch.lists() })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export const embeddings: (
  model: Pick<ModelEndpoint.EmbeddingEndpoint, "embedMany" | "name">,
  options?: ModelEndpoint.EmbedOptions
) => BatchModel<
  ReadonlyArray<string>,
  ReadonlyArray<ReadonlyArray<number>>,
  ModelEndpoint.ModelEndpointError,
  SageMakerRuntime
> = models.embeddings

/**
 * A row of a CSV file: named cells or a list of cells.
 *
 * @since 0.1.0
 * @category files
 */
export type CsvFileRow = { readonly [column: string]: Codec.CsvCell } | ReadonlyArray<Codec.CsvCell>

declare const types: unique symbol

declare const sinkTypes: unique symbol

/**
 * A format of rows in files: `csv`, `jsonLines`, `npy`, or `Parquet.format` of `effect-sagemaker-runtime/parquet`.
 *
 * @since 0.1.0
 * @category files
 */
export interface RowFormat<in out A, out R = never> {
  /** @internal */
  readonly methods: FormatMethods<A, R>
  /** The types of the rows and of the requirements. The member has no value. */
  readonly [types]?: (_: A) => readonly [row: A, requirement: R]
}

/**
 * A format that can be read and written as a stream of bytes, such as standard input.
 *
 * @since 0.1.0
 * @category files
 */
export interface StreamFormat<in out A, out R = never> extends RowFormat<A, R> {
  /** Decodes the rows of a stream of bytes. An invalid row fails the stream with `CodecError`, which has its number. */
  readonly read: <E, R2>(
    bytes: Stream.Stream<Uint8Array, E, R2>
  ) => Stream.Stream<A, SageMakerError.CodecError | E, R | R2>
  /** Encodes the rows of a stream as bytes. */
  readonly write: <E, R2>(
    rows: Stream.Stream<A, E, R2>
  ) => Stream.Stream<Uint8Array, SageMakerError.CodecError | E, R | R2>
}

/**
 * A source of rows, which a batch can read in ranges.
 *
 * @since 0.1.0
 * @category files
 */
export interface RowSource<out A, out E, out R> {
  /** The path or the location. */
  readonly name: string
  /** @internal */
  readonly source: SourceMethods<A, E, R>
  /** The types of the rows, the errors and the requirements. The member has no value. */
  readonly [types]?: (_: never) => readonly [row: A, error: E, requirement: R]
}

/**
 * A sink of records, which a batch can write in parts.
 *
 * @since 0.1.0
 * @category files
 */
export interface RowSink<in A, out E, out R> {
  /** The path or the location. */
  readonly name: string
  /** @internal */
  readonly sink: SinkMethods<A, E, R>
  /** The types of the records, the errors and the requirements. The member has no value. */
  readonly [sinkTypes]?: (_: A) => readonly [error: E, requirement: R]
}

/**
 * A file or an object with rows.
 *
 * @since 0.1.0
 * @category files
 */
export interface RowFile<in out A, out E, out R> extends RowSource<A, E, R>, RowSink<A, E, R> {}

/**
 * A file of the file system, as an input or an output.
 *
 * @since 0.1.0
 * @category files
 */
export const file: <A, R>(
  path: string,
  format: RowFormat<A, R>
) => RowFile<
  A,
  PlatformError | SageMakerError.CodecError | SageMakerError.InvalidInputError,
  FileSystem | R
> = places.fileOf

/**
 * An object of an `ObjectStore`, as an input or an output, with a location such as `s3://bucket/key`.
 *
 * An object is read in ranges of 8 MiB, so that no connection waits for the model.
 *
 * @since 0.1.0
 * @category files
 */
export const object: <A, R>(
  location: string,
  format: RowFormat<A, R>
) => RowFile<
  A,
  SageMakerError.CodecError | SageMakerError.InvalidInputError | SageMakerError.ObjectStoreError,
  ObjectStore | R
> = places.objectOf

/**
 * A file of a folder, as a row.
 *
 * @since 0.1.0
 * @category files
 */
export interface FileRow {
  /** The path relative to the folder, such as `cats/1.png`. */
  readonly name: string
  /** The bytes of the file. */
  readonly Body: Uint8Array
  /** The media type, by the extension of the name. `application/octet-stream` if it is not known. */
  readonly ContentType: string
}

/**
 * Options of `folder` and `objects`.
 *
 * @since 0.1.0
 * @category files
 */
export interface FolderOptions {
  /** Whether a file is a row, by its name relative to the folder. Default: every file. */
  readonly include?: ((name: string) => boolean) | undefined
  /** The maximum size of a file in bytes. A larger one fails the run with `InvalidInputError`. Default: 100 MiB. */
  readonly maxFileBytes?: number | undefined
}

/**
 * A folder: a source whose rows are files, and a sink whose records are files.
 *
 * @since 0.1.0
 * @category files
 */
export interface RowFolder<out E, out R>
  extends RowSource<FileRow, E, R>, RowSink<Pick<FileRow, "Body" | "name"> & Partial<FileRow>, E, R>
{}

/**
 * A folder of the file system, with the folders in it. Symbolic links to folders are not followed.
 *
 * As a source, its rows are its files in the order of their names. The names are in memory, the files are read when the
 * model needs them. The names and the sizes identify the input.
 *
 * As a sink, each record is written as a file. Other files of the folder stay. Names must differ, and must not end with
 * `.next`. Two equal names in one chunk or one `writeTo` fail with `InvalidInputError`. Of two chunks with one name, the
 * last file stays.
 *
 * @example
 * ```ts
 * import { Either } from "effect"
 * import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const upscaler = ModelEndpoint.make("upscaler", { request: Codec.binary("image/png"), response: Codec.bytes })
 *
 * export const summary = Batch.resumable(upscaler, {
 *   input: Batch.folder("images", { include: (name) => name.endsWith(".png") }),
 *   output: Batch.folder("upscaled"),
 *   record: ({ result, row }) => ({ name: row.name, Body: Either.getOrElse(result, () => new Uint8Array()) }),
 *   batcher: Batch.bodies()
 * })
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const folder: (
  path: string,
  options?: FolderOptions
) => RowFolder<PlatformError | SageMakerError.InvalidInputError, FileSystem> = folders.folder

/**
 * The objects of an `ObjectStore` below a prefix such as `s3://bucket/images`, as `folder` has the files of a folder.
 *
 * @since 0.1.0
 * @category files
 */
export const objects: (
  prefix: string,
  options?: FolderOptions
) => RowFolder<SageMakerError.InvalidInputError | SageMakerError.ObjectStoreError, ObjectStore> = folders.objects

/**
 * Reads the rows of a source in constant memory.
 *
 * @since 0.1.0
 * @category files
 */
export const rows: <A, E, R>(
  source: RowSource<A, E, R>
) => Stream.Stream<A, E | SageMakerError.InvalidInputError, R> = streams.rows

/**
 * Writes a stream of records to a sink in constant memory, except the names of the files of a folder. A file or an object
 * has all records or is not replaced.
 *
 * @since 0.1.0
 * @category files
 */
export const writeTo: {
  <A, E, R>(
    sink: RowSink<A, E, R>
  ): <E2, R2>(
    records: Stream.Stream<A, E2, R2>
  ) => Effect.Effect<void, E | E2 | SageMakerError.InvalidInputError, R | R2>
  <A, E, R, E2, R2>(
    records: Stream.Stream<A, E2, R2>,
    sink: RowSink<A, E, R>
  ): Effect.Effect<void, E | E2 | SageMakerError.InvalidInputError, R | R2>
} = streams.writeTo

/**
 * Counts the rows of a source without decoding them.
 *
 * @since 0.1.0
 * @category files
 */
export const countRows: <A, E, R>(
  source: RowSource<A, E, R>
) => Effect.Effect<number, E | SageMakerError.InvalidInputError, R> = streams.countRows

/**
 * CSV files with a schema of a row, which must be a struct, a tuple or a list.
 *
 * It has the rules of `Codec.csv`. A cell can contain line ends. A row has at most 16 MiB.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Batch } from "effect-sagemaker-runtime"
 *
 * const readings = Batch.csv(Schema.Struct({ cpu: Schema.Number, load: Schema.Number }), { header: true })
 *
 * export const rows = Batch.rows(Batch.file("readings.csv", readings))
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const csv: <A, I extends CsvFileRow, R>(
  schema: Schema.Schema<A, I, R>,
  options?: Pick<Codec.CsvOptions, "delimiter" | "header">
) => StreamFormat<A, R> = formats.csv

/**
 * JSON Lines files with a schema of a row. It has the rules of `Codec.jsonLines`. A line has at most 16 MiB.
 *
 * @since 0.1.0
 * @category files
 */
export const jsonLines: <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  options?: Codec.JsonOptions
) => StreamFormat<A, R> = formats.jsonLines

/**
 * NPY files of NumPy: each row is an entry of the first axis, as an `NdArray`. Use it with the batcher `arrays`.
 *
 * It reads arrays of the dtypes of `Codec.npy` in C order. All rows that are written must have one dtype and one shape.
 * `Batch.writeTo` keeps the rows in memory, because the header has their number. `Batch.resumable` does not.
 *
 * @example
 * ```ts
 * import { Either } from "effect"
 * import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const features = ModelEndpoint.make("features", { request: Codec.npy, response: Codec.npy })
 *
 * export const summary = Batch.resumable(features, {
 *   input: Batch.file("images.npy", Batch.npy),
 *   output: Batch.file("features.npy", Batch.npy),
 *   record: ({ result }) => Either.getOrElse(result, () => Codec.ndarray(new Float32Array(512))),
 *   batcher: Batch.arrays({ maxRows: 64 })
 * })
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const npy: RowFormat<Codec.NdArray> = npyFormat

/**
 * Options of `resumable`: those of `run`, and the files.
 *
 * @since 0.1.0
 * @category files
 */
export interface ResumableOptions<
  in out Row,
  in out Out,
  in out A,
  in out B,
  in E,
  out R,
  in out Record,
  out E2,
  out R2,
  out E3,
  out R3
> extends Omit<BatchOptions<Row, Out, A, B, E, R>, "ordered"> {
  /** The rows. */
  readonly input: RowSource<Row, E2, R2>
  /** The results. An output without a checkpoint is replaced. */
  readonly output: RowSink<Record, E3, R3>
  /** Returns the record of the output for a result. If the function throws, the run fails with `InvalidInputError`. */
  readonly record: (result: BatchResult<Row, Out, E>) => Record
  /**
   * The number of rows of a chunk. The results of a chunk are kept in memory until its last row has a result, then they
   * are stored. A run that continues uses the number of the first run. Default: 1,000.
   */
  readonly chunkRows?: number | undefined
}

/**
 * The result of `resumable`.
 *
 * @since 0.1.0
 * @category files
 */
export interface ResumableSummary {
  /** The number of rows of the output, of all runs. */
  readonly rows: number
  /** The number of rows that failed, of all runs. */
  readonly failed: number
  /** The number of rows that earlier runs had finished. */
  readonly resumedRows: number
}

/**
 * Applies a model to the rows of a source and writes the results to a sink. A run that was stopped, even by a crash,
 * continues with the next run.
 *
 * The output has one record for each row of the input, in its order. The rows are divided into chunks of `chunkRows`
 * rows, fewer if a chunk has more than 16 MiB. The results of a chunk are stored as a part, in `<output>.parts`. At the
 * end, the parts are joined to the output and removed. At most one chunk per concurrent request and one more are
 * unfinished at any time: these are in memory, and the next run sends their rows again.
 *
 * `<output>.checkpoint` has the state of the run, without rows. It is saved every second and at the end. After a complete
 * run it remains, so that another run sends no request. Remove it to start again. It identifies the input by its size and
 * the SHA-256 of 16 samples of 64 KiB: another input fails with `InvalidInputError`.
 *
 * One run at a time can use an output. If a second one starts, the first one fails: with `InvalidInputError` when it saves
 * its checkpoint, or with an error of the store if the second run has removed the parts.
 *
 * @example
 * ```ts
 * import { Either, Schema } from "effect"
 * import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"
 *
 * const Reading = Schema.Struct({ cpu: Schema.Number, load: Schema.Number })
 *
 * const anomaly = ModelEndpoint.make("anomaly-v2", {
 *   request: Codec.csv(Schema.Array(Reading)),
 *   response: Codec.jsonLines(Schema.Struct({ score: Schema.Number }))
 * })
 *
 * const Score = Schema.Struct({ row: Schema.Number, score: Schema.NullOr(Schema.Number) })
 *
 * export const summary = Batch.resumable(anomaly, {
 *   input: Batch.file("readings.csv", Batch.csv(Reading, { header: true })),
 *   output: Batch.object("s3://results/scores.jsonl", Batch.jsonLines(Score)),
 *   record: ({ index, result }) => ({
 *     row: index,
 *     score: Either.match(result, { onLeft: () => null, onRight: ({ score }) => score })
 *   }),
 *   batcher: Batch.lists()
 * })
 * ```
 *
 * @since 0.1.0
 * @category files
 */
export const resumable: {
  <Row, Out, A, B, E, R, Record, E2, R2, E3, R3, R4 = never>(
    model: BatchModel<A, B, E, R>,
    options: ResumableOptions<Row, Out, A, B, E | SageMakerError.CodecError, R4, Record, E2, R2, E3, R3> & {
      readonly batcher: Batcher<Row, Out, A, B>
    }
  ): Effect.Effect<
    ResumableSummary,
    E | E2 | E3 | SageMakerError.CodecError | SageMakerError.InvalidInputError,
    R | R2 | R3 | R4
  >
  <A, B, E, R, Record, E2, R2, E3, R3, R4 = never>(
    model: BatchModel<A, B, E, R>,
    options: ResumableOptions<A, B, A, B, E, R4, Record, E2, R2, E3, R3> & { readonly batcher?: undefined }
  ): Effect.Effect<
    ResumableSummary,
    E | E2 | E3 | SageMakerError.CodecError | SageMakerError.InvalidInputError,
    R | R2 | R3 | R4
  >
} = files.resumable
