import { type Chunk, Effect, type Either, pipe, Schema, Stream } from "effect"
import {
  type AsyncInference,
  Batch,
  type Chat,
  Codec,
  Container,
  ModelEndpoint,
  type ObjectStore,
  type SageMakerError,
  type SageMakerRuntime
} from "effect-sagemaker-runtime"
import { describe, expectTypeOf, it } from "vitest"

const Row = Schema.Struct({ cpu: Schema.Number })
type Row = typeof Row.Type

const single = ModelEndpoint.make("a", { request: Codec.csv(Row), response: Codec.json(Schema.Number) })

const lists = ModelEndpoint.make("a", {
  request: Codec.csv(Schema.Array(Row)),
  response: Codec.jsonLines(Schema.String)
})

declare const rows: Stream.Stream<Row, "disk", "disk service">

type Runtime = SageMakerRuntime.SageMakerRuntime
type Failure = ModelEndpoint.ModelEndpointError

describe("Batch.run", () => {
  it("has the result of the model without a batcher", () => {
    expectTypeOf(Batch.run(single, rows)).toEqualTypeOf<
      Stream.Stream<Batch.BatchResult<Row, number, Failure>, Failure | "disk", Runtime | "disk service">
    >()
    expectTypeOf(Batch.run(single, [{ cpu: 1 }])).toExtend<
      Stream.Stream<Batch.BatchResult<Row, number, Failure>, Failure, Runtime>
    >()
  })

  it("has the result of a row with a batcher, also in a pipe", () => {
    type Result = Stream.Stream<Batch.BatchResult<Row, string, Failure>, Failure | "disk", Runtime | "disk service">
    expectTypeOf(Batch.run(lists, rows, { batcher: Batch.lists(), maxRows: 10 })).toEqualTypeOf<Result>()
    expectTypeOf(rows.pipe(Batch.run(lists, { batcher: Batch.lists() }))).toEqualTypeOf<Result>()
    expectTypeOf(rows.pipe(Batch.run(single))).toExtend<Stream.Stream<unknown, unknown, Runtime | "disk service">>()
  })

  it("infers the rows of lists that are written inside of other calls", () => {
    type Results<Row, Out> = Chunk.Chunk<Batch.BatchResult<Row, Out, Failure>>
    const all = Effect.all([
      Batch.run(single, [{ cpu: 1 }]).pipe(Stream.runCollect),
      Stream.runCollect(Batch.run(lists, [{ cpu: 1 }], { batcher: Batch.lists(), onProgress: () => Effect.void })),
      pipe([{ cpu: 1 }], Batch.run(lists, { batcher: Batch.lists() }), Stream.runCollect)
    ])
    expectTypeOf<Effect.Effect.Success<typeof all>>().toEqualTypeOf<
      [Results<{ cpu: number }, number>, Results<{ cpu: number }, string>, Results<Row, string>]
    >()
    expectTypeOf<Effect.Effect.Error<typeof all>>().toEqualTypeOf<Failure>()
    expectTypeOf<Effect.Effect.Context<typeof all>>().toEqualTypeOf<Runtime>()
    const merged = Stream.mergeAll([Batch.run(lists, [{ cpu: 1 }], { batcher: Batch.lists() })], { concurrency: 2 })
    expectTypeOf<Stream.Stream.Success<typeof merged>>().toEqualTypeOf<
      Batch.BatchResult<{ cpu: number }, string, Failure>
    >()
  })

  it("needs the context of onProgress", () => {
    const batch = Batch.run(single, [{ cpu: 1 }], {
      onProgress: ({ rows }) => ({}) as Effect.Effect<void, never, `progress of ${typeof rows}`>
    })
    expectTypeOf<Stream.Stream.Context<typeof batch>>().toEqualTypeOf<Runtime | `progress of ${number}`>()
  })

  it("rejects other rows and other batchers", () => {
    // @ts-expect-error a row has a number
    void Batch.run(single, [{ cpu: "1" }])
    // @ts-expect-error the model takes lists
    void Batch.run(lists, [{ cpu: 1 }])
    // @ts-expect-error the model takes single rows
    void Batch.run(single, [{ cpu: 1 }], { batcher: Batch.lists() })
  })

  it("takes the batchers of presets", () => {
    const xgboost = Container.xgboost("a", "multi:softprob")
    expectTypeOf(Batch.run(xgboost, [[1, 2]], { batcher: xgboost.batcher })).toExtend<
      Stream.Stream<{ readonly result: Either.Either<ReadonlyArray<number>, Failure> }, Failure, Runtime>
    >()
    const mlflow = Container.mlflow("a", { row: Row, predictions: Schema.Array(Schema.String) })
    expectTypeOf(Batch.run(mlflow, [{ cpu: 1 }], { batcher: mlflow.batcher })).toExtend<
      Stream.Stream<Batch.BatchResult<Row, string, Failure>, Failure, Runtime>
    >()
    const tensorFlow = Container.tensorFlow("a", { instance: Row, prediction: Schema.Number })
    expectTypeOf(Batch.run(tensorFlow, [{ cpu: 1 }], { batcher: tensorFlow.batcher })).toExtend<
      Stream.Stream<Batch.BatchResult<Row, number, Failure>, Failure, Runtime>
    >()
  })

  it("takes chats, embeddings and asynchronous requests", () => {
    const llama = ModelEndpoint.chat("a")
    const requests: ReadonlyArray<Chat.ChatRequest> = []
    expectTypeOf(Batch.run(llama, requests)).toExtend<
      Stream.Stream<Batch.BatchResult<Chat.ChatRequest, Chat.ChatCompletion, Failure>, Failure, Runtime>
    >()
    const bge = ModelEndpoint.embeddings("a")
    expectTypeOf(Batch.run(Batch.embeddings(bge), ["a"], { batcher: Batch.lists() })).toExtend<
      Stream.Stream<Batch.BatchResult<string, ReadonlyArray<number>, Failure>, Failure, Runtime>
    >()
    expectTypeOf(Batch.run(Batch.asynchronous(single), [{ cpu: 1 }])).toExtend<
      Stream.Stream<
        Batch.BatchResult<Row, number, AsyncInference.AsyncInferenceError | Failure>,
        AsyncInference.AsyncInferenceError | Failure,
        Runtime | ObjectStore.ObjectStore
      >
    >()
  })
})

describe("ModelEndpoint.batched", () => {
  it("has calls with one row", () => {
    const batched = ModelEndpoint.batched(lists, { window: "5 millis" })
    expectTypeOf(batched.invoke).toEqualTypeOf<
      (row: Row) => Effect.Effect<string, Failure | SageMakerError.InvalidInputError, Runtime>
    >()
    const xgboost = Container.xgboost("a", "reg:squarederror")
    expectTypeOf(ModelEndpoint.batched(xgboost, { batcher: xgboost.batcher }).invoke([1, 2])).toEqualTypeOf<
      Effect.Effect<number, Failure, Runtime>
    >()
    // @ts-expect-error the model takes single rows
    void ModelEndpoint.batched(single)
  })
})
