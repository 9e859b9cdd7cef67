import { type Effect, Schema, type Stream } from "effect"
import { Codec, Container, type ModelEndpoint, type SageMakerRuntime, type Tokens } from "effect-sagemaker-runtime"
import { describe, expectTypeOf, it } from "vitest"

type Call<A> = Effect.Effect<A, ModelEndpoint.ModelEndpointError, SageMakerRuntime.SageMakerRuntime>

describe("Container.triton", () => {
  const model = Container.triton("a", { binary: true })

  it("has outputs that can be narrowed by dtype", () => {
    expectTypeOf(model.infer({ inputs: { A: Codec.ndarray(Float32Array.of(1)) } })).toEqualTypeOf<
      Call<Container.TritonResponse>
    >()
    const output = {} as Container.TritonOutput
    if (output.dtype === "float32") {
      expectTypeOf(output.data).toEqualTypeOf<Float32Array>()
      expectTypeOf(output).toExtend<Codec.NdArray>()
    }
    if (output.dtype === "bytes") {
      expectTypeOf(output.data).toEqualTypeOf<ReadonlyArray<string | Uint8Array>>()
    }
  })

  it("has bytes by option", () => {
    expectTypeOf(Container.triton("a", { bytes: "binary" })).toEqualTypeOf<Container.TritonEndpoint<Uint8Array>>()
  })

  it("streams tokens", () => {
    expectTypeOf(model.generateStream({ text_input: "a" })).toEqualTypeOf<
      Stream.Stream<Tokens.Token, ModelEndpoint.ModelEndpointStreamError, SageMakerRuntime.SageMakerRuntime>
    >()
  })

  it("rejects a datatype that does not exist", () => {
    // @ts-expect-error the protocol calls it FP32
    void model.infer({ inputs: [{ name: "A", datatype: "FLOAT32", data: [1] }] })
  })
})

describe("Container.tensorFlow", () => {
  it("has the types of its schemas", () => {
    const model = Container.tensorFlow("a", { instance: Schema.Number, prediction: Schema.String })
    expectTypeOf(model.predict({ instances: [1] })).toEqualTypeOf<Call<Container.TensorFlowPredictions<string>>>()
    expectTypeOf(model.predict({ inputs: [1] })).toEqualTypeOf<Call<Container.TensorFlowOutputs>>()
    // @ts-expect-error an instance is a number
    void model.predict({ instances: ["1"] })
  })

  it("has any JSON without schemas", () => {
    expectTypeOf(Container.tensorFlow("a")).toEqualTypeOf<Container.TensorFlowEndpoint<unknown, unknown>>()
    expectTypeOf(Container.tensorFlow("a", { prediction: Schema.Number })).toEqualTypeOf<
      Container.TensorFlowEndpoint<unknown, number>
    >()
  })
})

describe("Container.mlflow", () => {
  it("has the types of its schemas", () => {
    const model = Container.mlflow("a", {
      row: Schema.Struct({ a: Schema.NumberFromString }),
      predictions: Schema.Array(Schema.Number)
    })
    expectTypeOf(model.predict({ inputs: 1 })).toEqualTypeOf<Call<Container.MlflowResponse<ReadonlyArray<number>>>>()
    // @ts-expect-error a row has numbers
    void model.predictCsv([{ a: "1" }])
    // @ts-expect-error one input is required
    void model.predict({ params: {} })
  })

  it("has any rows and predictions without schemas", () => {
    expectTypeOf(Container.mlflow("a")).toEqualTypeOf<Container.MlflowEndpoint<Container.MlflowRow, unknown>>()
  })
})

describe("Container.xgboost", () => {
  it("has predictions of the objective", () => {
    expectTypeOf(Container.xgboost("a", "reg:squarederror").predict([[1]])).toEqualTypeOf<Call<ReadonlyArray<number>>>()
    expectTypeOf(Container.xgboost("a", { objective: "multi:softmax" }).predict([[1]])).toEqualTypeOf<
      Call<ReadonlyArray<number>>
    >()
    expectTypeOf(Container.xgboost("a", "multi:softprob").predict([[1]])).toEqualTypeOf<
      Call<ReadonlyArray<ReadonlyArray<number>>>
    >()
    expectTypeOf(Container.xgboost("a", { objective: "reg:quantileerror", multiOutput: true })).toEqualTypeOf<
      Container.XgboostEndpoint<ReadonlyArray<number>>
    >()
    expectTypeOf(Container.xgboost("a", "custom:objective")).toEqualTypeOf<Container.XgboostEndpoint<number>>()
  })
})
