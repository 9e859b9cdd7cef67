import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { exchange } from "../support/modelExchange.ts"

const untyped = Container.mlflow("mlflow")

const wine = Container.mlflow("mlflow", {
  row: Schema.Struct({ alcohol: Schema.Number, label: Schema.NullOr(Schema.String) }),
  predictions: Schema.Array(Schema.Number)
})

const predictions = "{\"predictions\": [5.5, NaN], \"trace_id\": null}"

describe("Requests", () => {
  const inputs: ReadonlyArray<readonly [string, Container.MlflowRequest<Container.MlflowRow>]> = [
    ["dataframe_split", { dataframe_split: { columns: ["a", "b"], index: [0], data: [[1, "x"]] } }],
    ["dataframe_records", { dataframe_records: [{ a: 1, b: "x" }, { a: null }] }],
    ["instances", { instances: [{ a: [1, 2] }] }],
    ["inputs", { inputs: { a: [[1, 2]] } }]
  ]
  it.effect.each(inputs)("have %s with params", ([, input]) =>
    Effect.gen(function*() {
      const { headers, text } = yield* exchange(predictions, untyped.predict({ ...input, params: { top_k: 3 } }))
      assert.deepStrictEqual(JSON.parse(text), { ...input, params: { top_k: 3 } })
      assert.strictEqual(headers["content-type"], "application/json")
    }))

  it.effect("have CSV with a header, with and without a schema of a row", () =>
    Effect.gen(function*() {
      const typed = yield* exchange(
        predictions,
        wine.predictCsv([{ alcohol: 9.4, label: "a,b" }, { alcohol: 10, label: null }])
      )
      assert.deepStrictEqual([typed.headers["content-type"], typed.text], [
        "text/csv",
        "alcohol,label\n9.4,\"a,b\"\n10,"
      ])
      const free = yield* exchange(predictions, untyped.predictCsv([{ a: 1 }, { a: 2, b: true }]))
      assert.strictEqual(free.text, "a,b\n1,\n2,true")
    }))

  it.effect.each([
    ["no input", {}],
    ["two inputs", { instances: [1], inputs: [1] }]
  ])("fail with %s", ([, request]) =>
    Effect.gen(function*() {
      const { result } = yield* exchange(predictions, untyped.predict(request as never))
      const error = Either.getOrThrow(Either.flip(result))
      assert.strictEqual(error._tag, "CodecError")
      assert.include(error.message, "exactly one of")
    }))

  it.effect("fail with a row that is no object", () =>
    Effect.gen(function*() {
      const { result } = yield* exchange(predictions, untyped.predictCsv([null] as never))
      assert.strictEqual(Either.getOrThrow(Either.flip(result))._tag, "CodecError")
    }))
})

describe("Responses", () => {
  const decode = <A, B>(model: Container.MlflowEndpoint<A, B>, text: string) =>
    model.response.decode(new TextEncoder().encode(text), "application/json")

  it.effect("have predictions by schema and keep other members", () =>
    Effect.map(
      decode(wine, predictions),
      (response) => assert.deepStrictEqual(response, { predictions: [5.5, NaN], trace_id: null })
    ))

  it.effect.each([
    ["records", "[{\"score\":1,\"label\":\"x\"}]"],
    ["a table of tensors", "{\"a\":[1,2],\"b\":[[3]]}"],
    ["a string", "\"yes\""],
    ["null", "null"]
  ])(
    "have predictions of any shape: %s",
    ([, text]) =>
      Effect.map(
        decode(untyped, `{"predictions":${text}}`),
        (response) => assert.deepStrictEqual(response.predictions, JSON.parse(text!))
      )
  )

  it.effect("can be predictions alone, as before MLflow 2", () =>
    Effect.map(decode(wine, "[5.5, 6.1]"), (response) => assert.deepStrictEqual(response, { predictions: [5.5, 6.1] })))

  it.effect("fail without predictions and with predictions of another type", () =>
    Effect.gen(function*() {
      for (
        const text of ["{\"error_code\":\"BAD_REQUEST\",\"message\":\"secret\"}", "{\"predictions\":[\"secret\"]}"]
      ) {
        const error = yield* Effect.flip(decode(wine, text))
        assert.strictEqual(error._tag, "CodecError")
        assert.include(error.message, "predictions")
        assert.notInclude(error.message, "secret")
      }
    }))
})
