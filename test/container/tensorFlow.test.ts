import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { Container, type ModelEndpoint } from "effect-sagemaker-runtime"
import { exchange } from "../support/modelExchange.ts"

const untyped = Container.tensorFlow("tf")

const house = Container.tensorFlow("tf", {
  instance: Schema.Struct({ rooms: Schema.Number, area: Schema.NumberFromString }),
  prediction: Schema.Struct({ price: Schema.Number })
})

const valueOf = <A, E>({ result }: { readonly result: Either.Either<A, E> }) => Either.getOrThrow(result)

const attributes = "x-amzn-sagemaker-custom-attributes"

describe("predict", () => {
  it.effect("sends instances and decodes predictions by schema", () =>
    Effect.gen(function*() {
      const call = yield* exchange(
        "{\"predictions\":[{\"price\":1.5,\"spread\":null}],\"model\":\"a\"}",
        house.predict({ instances: [{ rooms: 3, area: 72 }], signature_name: "serving_default" })
      )
      assert.deepStrictEqual(JSON.parse(call.text), {
        instances: [{ rooms: 3, area: "72" }],
        signature_name: "serving_default"
      })
      assert.strictEqual(call.headers["content-type"], "application/json")
      assert.isUndefined(call.headers[attributes])
      assert.deepStrictEqual(valueOf(call), { predictions: [{ price: 1.5 }], model: "a" })
    }))

  it.effect("sends input tensors and returns output tensors", () =>
    Effect.gen(function*() {
      const call = yield* exchange(
        "{\"outputs\":{\"y\":[[1.0]]},\"more\":1}",
        untyped.predict({ inputs: { x: [[1, 2]] } })
      )
      assert.strictEqual(call.text, "{\"inputs\":{\"x\":[[1,2]]}}")
      assert.deepStrictEqual(valueOf(call), { outputs: { y: [[1]] }, more: 1 })
    }))

  it.effect("accepts non-finite numbers in both directions", () =>
    Effect.gen(function*() {
      const call = yield* exchange(
        "{\"predictions\":[NaN, Infinity, -Infinity, 1.0]}",
        untyped.predict({ instances: [NaN, Infinity] })
      )
      assert.strictEqual(call.text, "{\"instances\":[NaN,Infinity]}")
      assert.deepStrictEqual(valueOf(call), { predictions: [NaN, Infinity, -Infinity, 1] })
    }))

  it.effect("writes and reads bytes as b64 objects", () =>
    Effect.gen(function*() {
      const images = Container.tensorFlow("tf", {
        instance: Schema.Struct({ image: Container.TensorFlowBytes }),
        prediction: Schema.Struct({ mask_bytes: Container.TensorFlowBytes })
      })
      const call = yield* exchange(
        "{\"predictions\":[{\"mask_bytes\":{\"b64\":\"AQI=\"}}]}",
        images.predict({ instances: [{ image: Uint8Array.of(255, 0) }] })
      )
      assert.strictEqual(call.text, "{\"instances\":[{\"image\":{\"b64\":\"/wA=\"}}]}")
      assert.deepStrictEqual(valueOf(call), { predictions: [{ mask_bytes: Uint8Array.of(1, 2) }] })
    }))

  it.effect("sends instances as CSV and as JSON Lines by option", () =>
    Effect.gen(function*() {
      const csv = Container.tensorFlow("tf", { instance: Schema.Array(Schema.Number), format: "csv" })
      const first = yield* exchange("{\"predictions\":[1,2]}", csv.predict({ instances: [[1, 2.5], [3, 4]] }))
      assert.deepStrictEqual([first.headers["content-type"], first.text], ["text/csv", "1,2.5\n3,4"])
      assert.deepStrictEqual(valueOf(first), { predictions: [1, 2] })
      const scalars = Container.tensorFlow("tf", { instance: Schema.NumberFromString, format: "csv" })
      const cells = yield* exchange("{\"predictions\":[1,2]}", scalars.predict({ instances: [1, 2] }))
      assert.strictEqual(cells.text, "1\n2")
      const named = Container.tensorFlow("tf", {
        instance: Schema.Struct({ a: Schema.optional(Schema.Number), b: Schema.Number }),
        format: "csv"
      })
      const columns = yield* exchange(
        "{\"predictions\":[1,2]}",
        named.predict({ instances: [{ b: 1 }, { b: 2, a: 3 }] })
      )
      assert.strictEqual(columns.text, ",1\n3,2")
      const lines = Container.tensorFlow("tf", { format: "jsonLines" })
      const second = yield* exchange("{\"predictions\":[1,2]}", lines.predict({ instances: [{ x: 1 }, { x: 2 }] }))
      assert.deepStrictEqual(
        [second.headers["content-type"], second.text],
        ["application/jsonlines", "{\"x\":1}\n{\"x\":2}"]
      )
    }))

  it.effect.each([
    ["predictions", "{\"error\":\"secret\"}"],
    ["outputs", "{\"predictions\":[]}"]
  ])("fails without %s", ([member, body]) =>
    Effect.gen(function*() {
      const request = member === "outputs"
        ? untyped.predict({ inputs: [1] })
        : Effect.asVoid(untyped.predict({ instances: [1] }))
      const { result } = yield* exchange(body!, Effect.asVoid(request))
      const error = Either.getOrThrow(Either.flip(result))
      assert.strictEqual(error._tag, "CodecError")
      assert.include(error.message, member!)
      assert.notInclude(error.message, "secret")
    }))
})

describe("classify and regress", () => {
  it.effect.each(["result", "results"])("read the member %s", (member) =>
    Effect.gen(function*() {
      const call = yield* exchange(
        JSON.stringify({ [member]: [[["cat", 0.9], ["", 0.1]]] }),
        untyped.classify({ examples: [{ image: "x" }], context: { locale: "de" } })
      )
      assert.strictEqual(call.headers[attributes], "tfs-method=classify")
      assert.deepStrictEqual(JSON.parse(call.text), { examples: [{ image: "x" }], context: { locale: "de" } })
      assert.deepStrictEqual(valueOf(call).results, [[["cat", 0.9], ["", 0.1]]])
    }))

  it.effect("return a number for each example", () =>
    Effect.gen(function*() {
      const call = yield* exchange("{\"results\":[3.5,NaN]}", untyped.regress({ examples: [{ x: 1 }, { x: 2 }] }))
      assert.strictEqual(call.headers[attributes], "tfs-method=regress")
      assert.deepStrictEqual(valueOf(call).results, [3.5, NaN])
    }))
})

describe("The selected model", () => {
  const predict = (options?: Container.TensorFlowCallOptions, defaults: Container.TensorFlowCallOptions = {}) =>
    Effect.map(
      exchange("{\"predictions\":[1]}", Container.tensorFlow("tf", defaults).predict({ instances: [1] }, options)),
      ({ headers }) => headers[attributes]
    )

  it.effect("is sent in the custom attributes", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* predict({ model: "a", version: 3 }), "tfs-model-name=a,tfs-model-version=3")
      assert.strictEqual(
        yield* predict({ version: "2" }, { model: "a", version: 1 }),
        "tfs-model-name=a,tfs-model-version=2"
      )
    }))

  it.effect("follows the caller's own attributes", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* predict({ CustomAttributes: "trace=1" }, { model: "a", CustomAttributes: "trace=0" }),
        "trace=1,tfs-model-name=a"
      )
      assert.strictEqual(yield* predict({}, { CustomAttributes: "trace=0" }), "trace=0")
    }))

  it.effect.each(["a,b", "a=b", "", "a b"])("cannot be named %s", (model) =>
    Effect.gen(function*() {
      const { result } = yield* exchange("{}", untyped.predict({ instances: [1] }, { model }))
      const error = Either.getOrThrow(Either.flip(result))
      assert.deepInclude(error, { _tag: "InvalidInputError", field: "model" })
    }))

  it.effect("keeps the error of a getter", () =>
    Effect.gen(function*() {
      const options: ModelEndpoint.ModelEndpointOptions = {
        get TargetVariant(): string {
          throw new Error("secret")
        }
      }
      const { result } = yield* exchange("{}", untyped.predict({ instances: [1] }, options))
      assert.strictEqual(Either.getOrThrow(Either.flip(result))._tag, "InvalidInputError")
    }))
})
