import { Context, Effect, type Either, Schema, Stream } from "effect"
import {
  AsyncInference,
  type Chat,
  Codec,
  Container,
  ModelEndpoint,
  type ObjectStore,
  type SageMakerRuntime
} from "effect-sagemaker-runtime"
import { describe, expectTypeOf, it } from "vitest"

type Runtime = SageMakerRuntime.SageMakerRuntime
type Store = ObjectStore.ObjectStore

class Units extends Context.Tag("Units")<Units, number>() {}
class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

const model = ModelEndpoint.make("scorer", { request: Codec.text, response: Codec.json(Schema.Number) })
const job = {} as AsyncInference.Job
const bytes = {} as Stream.Stream<Uint8Array, Broken, Units>
const inputPrefix = "s3://inputs/"

/** The requirements of an effect. */
const requirements = <A, E, R>(effect: Effect.Effect<A, E, R>) => ({ effect }) as unknown as { readonly R: R }

describe("AsyncInference.submit", () => {
  it("requires an ObjectStore only with inputPrefix", () => {
    expectTypeOf(requirements(AsyncInference.submit(model, "a"))).toEqualTypeOf<{ readonly R: Runtime }>()
    expectTypeOf(requirements(AsyncInference.submit(model, "a", { Filename: "a" }))).toEqualTypeOf<
      { readonly R: Runtime }
    >()
    expectTypeOf(requirements(AsyncInference.submit(model, "a", { inputPrefix }))).toEqualTypeOf<
      { readonly R: Runtime | Store }
    >()
  })

  it("returns a Job", () => {
    expectTypeOf(AsyncInference.submit(model, "a")).toExtend<Effect.Effect<AsyncInference.Job, unknown, unknown>>()
  })

  it("rejects values of another type and unknown members", () => {
    // @ts-expect-error the request is a string
    void AsyncInference.submit(model, 5)
    // @ts-expect-error there is no such member
    void AsyncInference.submit(model, "a", { TargetModel: "b" })
  })
})

describe("AsyncInference.submitStream", () => {
  it("has the errors and requirements of the stream", () => {
    const submitted = AsyncInference.submitStream(model, bytes, { inputPrefix })
    expectTypeOf(requirements(submitted)).toEqualTypeOf<{ readonly R: Runtime | Store | Units }>()
    expectTypeOf<Broken>().toExtend<Effect.Effect.Error<typeof submitted>>()
  })
})

describe("AsyncInference.submitLocation", () => {
  it("requires no ObjectStore", () => {
    expectTypeOf(requirements(AsyncInference.submitLocation(model, "s3://a/b"))).toEqualTypeOf<
      { readonly R: Runtime }
    >()
  })
})

describe("AsyncInference.result", () => {
  it("has the value of the model", () => {
    expectTypeOf(AsyncInference.result(model, job)).toEqualTypeOf<
      Effect.Effect<number, AsyncInference.AsyncInferenceError, Store>
    >()
  })

  it("can be handled by tag", () => {
    const handled = AsyncInference.result(model, job).pipe(
      Effect.catchTags({
        AsyncInferenceFailedError: ({ failure }) => Effect.succeed(failure.length),
        AsyncInferenceTimeoutError: ({ job }) => Effect.succeed(job.endpoint.length),
        ObjectStoreError: ({ reason }) => Effect.succeed(reason === "access-denied" ? 0 : 1)
      })
    )
    expectTypeOf<Effect.Effect.Success<typeof handled>>().toEqualTypeOf<number>()
  })

  it("has the requirements of onProgress", () => {
    const result = AsyncInference.result(model, job, { onProgress: () => Effect.asVoid(Units) })
    expectTypeOf(requirements(result)).toEqualTypeOf<{ readonly R: Store | Units }>()
  })
})

describe("AsyncInference.run", () => {
  it("works with chat, embeddings and container models", () => {
    expectTypeOf(AsyncInference.run(ModelEndpoint.chat("a"), { messages: [] })).toExtend<
      Effect.Effect<Chat.ChatCompletion, unknown, Runtime | Store>
    >()
    expectTypeOf(AsyncInference.run(Container.vllm("a").chat, { messages: [] })).toExtend<
      Effect.Effect<Chat.ChatCompletion, unknown, Runtime | Store>
    >()
    expectTypeOf(AsyncInference.run(ModelEndpoint.embeddings("a"), { input: ["a"] })).toExtend<
      Effect.Effect<unknown, unknown, Runtime | Store>
    >()
  })

  it("has the errors of the contract", () => {
    const run = AsyncInference.run(model, "a")
    expectTypeOf<AsyncInference.AsyncInferenceError>().toExtend<Effect.Effect.Error<typeof run>>()
    expectTypeOf(requirements(run)).toEqualTypeOf<{ readonly R: Runtime | Store }>()
  })
})

describe("AsyncInference.results", () => {
  it("has a result for each job and the errors of the store and of the completions", () => {
    const results = AsyncInference.results(model, [job])
    expectTypeOf(results).toExtend<
      Stream.Stream<
        {
          readonly job: AsyncInference.Job
          readonly result: Either.Either<number, AsyncInference.AsyncInferenceError>
        },
        unknown,
        Store
      >
    >()
    const completions = {} as Stream.Stream<AsyncInference.Completion, Broken, Units>
    const driven = AsyncInference.results(model, Stream.make(job), { completions })
    expectTypeOf<Broken>().toExtend<Stream.Stream.Error<typeof driven>>()
    expectTypeOf<Stream.Stream.Context<typeof driven>>().toEqualTypeOf<Store | Units>()
  })
})
