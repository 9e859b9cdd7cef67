import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck } from "effect"
import { Container } from "effect-sagemaker-runtime"
import { exchange } from "../support/modelExchange.ts"

const binary = Container.xgboost("xgboost", "binary:logistic")
const softprob = Container.xgboost("xgboost", "multi:softprob")
const softmax = Container.xgboost("xgboost", "multi:softmax")

const rows = [[1, 2], [3, 4]]

const scores = <S>(model: Container.XgboostEndpoint<S>, body: string, contentType = "text/csv; charset=utf-8") =>
  Effect.flatMap(exchange(body, model.predict(rows), contentType), ({ result }) => result)

describe("Requests", () => {
  it.effect("have rows of CSV with missing values", () =>
    Effect.gen(function*() {
      const { headers, text } = yield* exchange(
        "0.1,0.2,0.3",
        binary.predict([[1, 2.5, -3e-7], [null, undefined, NaN], Float32Array.of(Infinity, -Infinity, 0)])
      )
      assert.strictEqual(headers["content-type"], "text/csv")
      assert.strictEqual(text, "1,2.5,-3e-7\nnan,nan,nan\ninf,-inf,0")
    }))

  it.effect("have rows of libsvm", () =>
    Effect.gen(function*() {
      const sparse = Container.xgboost("xgboost", { objective: "reg:squarederror", input: "libsvm" })
      const { headers, text } = yield* exchange("1,2", sparse.predict([{ 10: 0.5, 2: 1 }, [7, null, 9]]))
      assert.strictEqual(headers["content-type"], "text/libsvm")
      assert.strictEqual(text, "0 2:1 10:0.5\n0 0:7 2:9")
    }))

  it.effect.each([
    ["text", [["secret"]]],
    ["a row by index in CSV", [{ 1: 2 }]],
    ["a row that is no list", [5]],
    ["no list", 5]
  ])("fail with %s", ([, value]) =>
    Effect.gen(function*() {
      const { result } = yield* exchange("1", binary.predict(value as never))
      const error = Either.getOrThrow(Either.flip(result))
      assert.strictEqual(error._tag, "CodecError")
      assert.notInclude(error.message, "secret")
    }))
})

describe("One number per row", () => {
  it.effect.each([
    ["separated by commas", "0.25,NaN"],
    ["in lines", "0.25\nnan\n"],
    ["in lines of CRLF", "0.25\r\nnan\r\n"],
    ["written by NumPy", "2.500000000000000000e-01\nnan\n"],
    ["in lists of one", "[0.25],[nan]"],
    ["in one list", "[0.25, NaN]"],
    ["in nested lists", "[[0.25], [NaN]]"],
    ["in a list of NumPy without commas", "[0.25  nan]"],
    ["quoted", "\"0.25\",\"nan\""]
  ])(
    "is read from CSV %s",
    ([, body]) => Effect.map(scores(binary, body!), (found) => assert.deepStrictEqual(found, [0.25, NaN]))
  )

  it.effect.each([
    ["scores", "{\"predictions\": [{\"score\": 0.25}, {\"score\": NaN}]}"],
    ["numbers", "{\"predictions\": [0.25, NaN]}"],
    ["probabilities", "{\"predictions\": [{\"probability\": 0.25, \"labels\": [0, 1]}, {\"probability\": NaN}]}"],
    ["one list", "[0.25, NaN]"],
    ["a list of objects", "[{\"score\": 0.25}, {\"score\": [NaN]}]"]
  ])(
    "is read from JSON with %s",
    ([, body]) =>
      Effect.map(scores(binary, body!, "application/json"), (found) => assert.deepStrictEqual(found, [0.25, NaN]))
  )

  it.effect("is read from JSON Lines", () =>
    Effect.map(
      scores(binary, "{\"score\": 0.25}\n{\"score\": 1}\n", "application/jsonlines"),
      (found) => assert.deepStrictEqual(found, [0.25, 1])
    ))

  it.effect("is read from JSON of any content type", () =>
    Effect.map(
      scores(binary, "{\"predictions\":[{\"score\":0.25},{\"score\":1}]}"),
      (found) => assert.deepStrictEqual(found, [0.25, 1])
    ))

  it.effect("is the class for multi:softmax", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* scores(softmax, "2.0,0.0"), [2, 0])
      assert.deepStrictEqual(
        yield* scores(softmax, "{\"predictions\":[{\"predicted_label\":2,\"raw_score\":9},{\"predicted_label\":0}]}"),
        [2, 0]
      )
    }))

  it.effect.each([
    ["fewer rows", "0.5"],
    ["more rows", "1,2,3"],
    ["lists", "[0.1, 0.9],[0.2, 0.8]"],
    ["columns", "0.1,0.9\n0.2,0.8"],
    ["text", "secret,1"],
    ["an unclosed list", "[0.1"],
    ["an unopened list", "0.1]"],
    ["nothing", ""],
    ["objects without a score", "{\"predictions\":[{},{}]}"],
    ["text in JSON", "{\"predictions\":[{\"score\":\"secret\"},{\"score\":1}]}"]
  ])("fails with %s", ([, body]) =>
    Effect.map(Effect.flip(scores(binary, body!)), (error) => {
      assert.strictEqual(error._tag, "CodecError")
      assert.notInclude(error.message, "secret")
    }))
})

describe("A list of probabilities per row", () => {
  const expected = [[0.1, 0.9], [0.75, 0.25]]

  it.effect.each([
    ["lists separated by commas", "[0.1, 0.9],[0.75, 0.25]"],
    ["lists in lines", "[0.1, 0.9]\n[0.75, 0.25]\n"],
    ["nested lists", "[[0.1, 0.9], [0.75, 0.25]]"],
    ["columns", "0.1,0.9\r\n0.75,0.25"],
    ["columns of NumPy", "1.000000000000000056e-01,9.000000000000000222e-01\n7.5e-01,2.5e-01\n"],
    ["lists of NumPy over several lines", "[0.1\n 0.9] [0.75\n 0.25]"],
    ["quoted lists", "\"[0.1, 0.9]\"\n\"[0.75, 0.25]\""]
  ])(
    "is read from CSV with %s",
    ([, body]) => Effect.map(scores(softprob, body!), (found) => assert.deepStrictEqual(found, expected))
  )

  it.effect.each([
    ["scores", "{\"predictions\":[{\"score\":[0.1,0.9]},{\"score\":[0.75,0.25]}]}"],
    ["lists", "{\"predictions\":[[0.1,0.9],[0.75,0.25]]}"],
    ["probabilities", "{\"predictions\":[{\"probabilities\":[0.1,0.9]},{\"probabilities\":[0.75,0.25]}]}"],
    ["nothing else", "[[0.1,0.9],[0.75,0.25]]"]
  ])(
    "is read from JSON with %s",
    ([, body]) =>
      Effect.map(scores(softprob, body!, "application/json"), (found) => assert.deepStrictEqual(found, expected))
  )

  it.effect("is read for one row in columns", () =>
    Effect.gen(function*() {
      const { result } = yield* exchange("0.1,0.9", softprob.predict([[1, 2]]))
      assert.deepStrictEqual(Either.getOrThrow(result), [[0.1, 0.9]])
    }))

  it.effect("is the prediction of a model with several outputs", () => {
    const quantiles = Container.xgboost("xgboost", { objective: "reg:quantileerror", multiOutput: true })
    return Effect.map(scores(quantiles, "[0.1, 0.9],[0.75, 0.25]"), (found) => assert.deepStrictEqual(found, expected))
  })
})

describe("Selected content", () => {
  const details = <S>(model: Container.XgboostEndpoint<S>, body: string, contentType = "text/csv; charset=utf-8") =>
    Effect.flatMap(exchange(body, model.predictDetails(rows), contentType), ({ result }) => result)

  it.effect("is kept from JSON, with members that are unknown", () =>
    Effect.map(
      details(
        softprob,
        "{\"predictions\":[{\"predicted_label\":1,\"probability\":0.9,\"extra\":\"x\",\"labels\":[0,1]},{\"predicted_label\":0,\"probability\":NaN,\"labels\":NaN}]}",
        "application/json"
      ),
      (found) =>
        assert.deepStrictEqual(found, [
          { predicted_label: 1, probability: 0.9, extra: "x", labels: [0, 1] },
          { predicted_label: 0, probability: NaN, labels: [NaN] }
        ])
    ))

  it.effect("is read from CSV by its keys", () =>
    Effect.gen(function*() {
      const model = Container.xgboost("xgboost", {
        objective: "multi:softprob",
        output: ["predicted_label", "probabilities", "probability"]
      })
      assert.deepStrictEqual(yield* details(model, "1,\"[0.4, 0.6]\",0.6\n0,\"[0.9, 0.1]\",nan\n"), [
        { predicted_label: 1, probabilities: [0.4, 0.6], probability: 0.6, score: [0.4, 0.6] },
        { predicted_label: 0, probabilities: [0.9, 0.1], probability: NaN, score: [0.9, 0.1] }
      ])
      const error = yield* Effect.flip(details(model, "1,0.6\n0,0.1"))
      assert.include(error.message, "expected 3 cells")
    }))

  it.effect("has no score for predict if it does not contain one", () =>
    Effect.map(
      Effect.flip(scores(softprob, "{\"predictions\":[{\"predicted_label\":1},{\"predicted_label\":0}]}")),
      (error) => assert.include(error.message, "predictDetails")
    ))
})

describe("Random scores", () => {
  const number = FastCheck.double()
  const python = (value: number): string =>
    Object.is(value, -0) ? "-0.0" : String(value).replace("Infinity", "inf").replace("NaN", "nan")

  it.effect.prop(
    "are equal after CSV",
    [FastCheck.array(number, { minLength: 1 })],
    ([values]) =>
      Effect.gen(function*() {
        for (const separator of [",", "\n", "\r\n"]) {
          const { predictions } = yield* binary.response.decode(
            new TextEncoder().encode(values.map(python).join(separator)),
            "text/csv"
          )
          assert.deepStrictEqual(predictions.map(({ score }) => score), values)
        }
      })
  )

  it.effect.prop("never cause a defect", [
    FastCheck.string({ unit: FastCheck.constantFrom(..."[ ] { } , \n \" 1 . e - n a i f s :".split(" "), " ") })
  ], ([text]) =>
    Effect.gen(function*() {
      for (const model of [binary, softprob]) {
        yield* Effect.either(
          Effect.asVoid(
            (model as Container.XgboostEndpoint<unknown>).response.decode(new TextEncoder().encode(text), "text/csv")
          )
        )
      }
    }))
})
