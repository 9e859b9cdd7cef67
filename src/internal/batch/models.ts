/** Models of a batch whose requests are response streams, asynchronous requests or embeddings. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AsyncInference from "../../AsyncInference.ts"
import type { AsynchronousOptions, BatchModel } from "../../Batch.ts"
import * as Codec from "../../Codec.ts"
import type { Framing } from "../../Framing.ts"
import type {
  EmbeddingEndpoint,
  EmbedOptions,
  ModelEndpoint,
  ModelEndpointError,
  ModelEndpointStreamError,
  ModelEndpointStreamOptions
} from "../../ModelEndpoint.ts"
import { ObjectStore } from "../../ObjectStore.ts"
import type { SageMakerRuntime } from "../../SageMakerRuntime.ts"
import { readRun } from "../asyncInference/options.ts"
import { durationMillis } from "../config/duration.ts"
import { settingsOf } from "../modelEndpoint/embeddings/settings.ts"
import { readOptions } from "../operation/readMembers.ts"
import { lazySchema } from "../schema/lazySchema.ts"
import { invalid } from "./options.ts"
import { SharedResults } from "./sharedResults.ts"

/** The default of `maxBatchSize`. */
const defaultBatchSize = 32

export const streaming = <A, B, R, C, E, R2>(
  model: Pick<ModelEndpoint<A, B, R>, "name" | "request" | "stream">,
  framing: Framing<C, E, R2>,
  options?: ModelEndpointStreamOptions
): BatchModel<A, ReadonlyArray<C>, ModelEndpointStreamError | E, SageMakerRuntime | R | R2> => ({
  name: model.name,
  request: model.request,
  invoke: (value) => Effect.map(Stream.runCollect(model.stream(value, framing, options)), Chunk.toReadonlyArray)
})

/** How often the store is polled for the results of all requests. */
const defaultPollMillis = 2_000

const readAsynchronous = <R>(options: AsynchronousOptions<R> | undefined) =>
  Either.gen(function*() {
    const { pollInterval = defaultPollMillis, ...given } =
      (yield* readOptions(options, "options")) as AsynchronousOptions<R>
    const millis = durationMillis(pollInterval)
    if (millis === undefined || !(millis > 0 && millis < Infinity)) {
      return yield* Either.left(invalid("pollInterval", "a positive duration such as \"5 seconds\""))
    }
    return yield* readRun<R>({ ...given, schedule: Schedule.jittered(Schedule.spaced(millis)) })
  })

export const asynchronous = <A, B, R, R2>(
  model: AsyncInference.AsyncModel<A, B, R>,
  options?: AsynchronousOptions<R2>
): BatchModel<
  A,
  B,
  AsyncInference.AsyncInferenceError | ModelEndpointError,
  SageMakerRuntime | ObjectStore | R | R2
> => {
  const settings = readAsynchronous(options)
  const shared = new WeakMap<object, SharedResults<B, R, R2>>()
  return {
    name: model.name,
    request: model.request,
    invoke: (value) =>
      Effect.gen(function*() {
        const { onSubmitted, submit, wait } = yield* settings
        const store = yield* ObjectStore
        const results = shared.get(store) ?? new SharedResults<B, R, R2>(model, wait)
        shared.set(store, results)
        const job = yield* AsyncInference.submit(model, value, submit)
        yield* onSubmitted?.(job) ?? Effect.void
        return yield* results.wait(job)
      })
  }
}

const texts: Codec.Codec<ReadonlyArray<string>> = /*#__PURE__*/ Codec.json(
  lazySchema(() => Schema.Array(Schema.String))
)

export const embeddings = (
  model: Pick<EmbeddingEndpoint, "embedMany" | "name">,
  options?: EmbedOptions
): BatchModel<ReadonlyArray<string>, ReadonlyArray<ReadonlyArray<number>>, ModelEndpointError, SageMakerRuntime> => {
  const own: EmbedOptions = Either.getOrElse(settingsOf(model), () => ({}))
  const { maxBatchBytes, maxBatchSize } = { ...own, ...options }
  return {
    name: model.name,
    request: texts,
    limits: { maxRows: maxBatchSize ?? defaultBatchSize, maxBytes: maxBatchBytes },
    invoke: (rows) => model.embedMany(rows, options)
  }
}
