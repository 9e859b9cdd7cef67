import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Layer, Stream } from "effect"
import { Codec, Container, SageMakerRuntime, Signer, Tokens } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { scriptedRuntime } from "../support/scriptedHttpClient.ts"

const json = Container.triton("triton")
const binary = Container.triton("triton", { binary: true })
const rawBytes = Container.triton("triton", { bytes: "binary" })

const encode = <A>(codec: Codec.Codec<A>, value: A) =>
  Effect.map(codec.encode(value), (encoded) =>
    "body" in encoded
      ? { body: encoded.body, contentType: encoded.contentType }
      : { body: encoded, contentType: undefined })

const utf8 = new TextEncoder()
const textOf = (body: Uint8Array) => new TextDecoder().decode(body)

const binaryType = (size: number) => `application/vnd.sagemaker-triton.binary+json;json-header-size=${size}`

const binaryMessage = (message: object, ...data: ReadonlyArray<ReadonlyArray<number>>) => {
  const header = utf8.encode(JSON.stringify(message))
  return { body: Uint8Array.from([...header, ...data.flat()]), contentType: binaryType(header.byteLength) }
}

const decodeJson = (text: string, contentType = "application/json", model = json) =>
  model.response.decode(utf8.encode(text), contentType)

const output = (members: object) => JSON.stringify({ outputs: [{ name: "OUT", ...members }] })

const only = (text: string) => Effect.map(decodeJson(text), ({ outputs }) => outputs["OUT"]!)

const failure = <A>(effect: Effect.Effect<A, { readonly _tag: string; readonly message: string }>) =>
  Effect.map(Effect.either(effect), (result) => {
    assert.isTrue(Either.isLeft(result), "expected a failure")
    const error = Either.getOrThrow(Either.flip(result))
    assert.strictEqual(error._tag, "CodecError")
    return error.message
  })

describe("Requests", () => {
  it.effect("have tensors of JSON numbers", () =>
    Effect.gen(function*() {
      const { body, contentType } = yield* encode(json.request, {
        id: "42",
        inputs: [
          { name: "A", datatype: "FP32", data: [[1, 2], [3, 4.5]] },
          { name: "B", data: BigInt64Array.of(9_007_199_254_740_993n), parameters: { shared: true } },
          { name: "C", shape: [2, 1], data: ["grün", utf8.encode("rot")] },
          { name: "D", data: [true, false] }
        ],
        outputs: ["X", { name: "Y", classification: 2, binary: false }],
        parameters: { priority: 1 }
      })
      assert.strictEqual(contentType, "application/json")
      const text = textOf(body)
      assert.include(text, "\"data\":[9007199254740993]")
      assert.deepStrictEqual(JSON.parse(text.replace("9007199254740993", "7")), {
        inputs: [
          { name: "A", datatype: "FP32", shape: [2, 2], data: [1, 2, 3, 4.5] },
          { name: "B", datatype: "INT64", shape: [1], parameters: { shared: true }, data: [7] },
          { name: "C", datatype: "BYTES", shape: [2, 1], data: ["grün", "rot"] },
          { name: "D", datatype: "BOOL", shape: [2], data: [true, false] }
        ],
        id: "42",
        outputs: [{ name: "X" }, { name: "Y", parameters: { binary_data: false, classification: 2 } }],
        parameters: { priority: 1 }
      })
    }))

  it.effect("have tensors by name", () =>
    Effect.gen(function*() {
      const { body } = yield* encode(json.request, {
        inputs: {
          A: Codec.ndarray(Uint8Array.of(1, 0), { dtype: "bool", shape: [1, 2] }),
          B: Float64Array.of(0.5),
          C: ["text"],
          D: { datatype: "INT8", data: [-1] }
        }
      })
      assert.deepStrictEqual(JSON.parse(textOf(body)), {
        inputs: [
          { name: "A", datatype: "BOOL", shape: [1, 2], data: [true, false] },
          { name: "B", datatype: "FP64", shape: [1], data: [0.5] },
          { name: "C", datatype: "BYTES", shape: [1], data: ["text"] },
          { name: "D", datatype: "INT8", shape: [1], data: [-1] }
        ]
      })
    }))

  it.effect("have non-finite numbers as Triton reads them", () =>
    Effect.gen(function*() {
      const { body } = yield* encode(json.request, { inputs: { A: Float32Array.of(NaN, Infinity, -Infinity, -0) } })
      assert.include(textOf(body), "\"data\":[NaN,Infinity,-Infinity,-0.0]")
    }))

  it.effect("have binary data after the JSON, in the order of the tensors", () =>
    Effect.gen(function*() {
      const { body, contentType } = yield* encode(binary.request, {
        inputs: [
          { name: "A", datatype: "UINT32", shape: [2], data: [1, 258] },
          { name: "B", data: ["ab", Uint8Array.of(255)] },
          { name: "C", datatype: "FP16", data: [1, -2] },
          { name: "D", datatype: "BF16", data: [1] }
        ]
      })
      const size = Number(/json-header-size=(\d+)$/.exec(contentType ?? "")?.[1])
      assert.strictEqual(contentType, binaryType(size))
      assert.deepStrictEqual(JSON.parse(textOf(body.subarray(0, size))), {
        inputs: [
          { name: "A", datatype: "UINT32", shape: [2], parameters: { binary_data_size: 8 } },
          { name: "B", datatype: "BYTES", shape: [2], parameters: { binary_data_size: 11 } },
          { name: "C", datatype: "FP16", shape: [2], parameters: { binary_data_size: 4 } },
          { name: "D", datatype: "BF16", shape: [1], parameters: { binary_data_size: 2 } }
        ],
        parameters: { binary_data_output: true }
      })
      assert.deepStrictEqual(
        [...body.subarray(size)],
        [1, 0, 0, 0, 2, 1, 0, 0, 2, 0, 0, 0, 97, 98, 1, 0, 0, 0, 255, 0, 0x3c, 0, 0xc0, 0x80, 0x3f]
      )
    }))

  it.effect("have the content type of their binary data and the target model", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({
        status: 200,
        headers: { "content-type": "application/json" },
        body: output({ datatype: "FP32", shape: [1], data: [1] })
      })
      yield* binary.infer({ inputs: { A: Float32Array.of(1) } }, { TargetModel: "b.tar.gz" }).pipe(
        Effect.provide(server.layer)
      )
      const [request] = yield* server.requests
      assert.match(
        request!.headers["content-type"]!,
        /^application\/vnd\.sagemaker-triton\.binary\+json;json-header-size=\d+$/
      )
      assert.strictEqual(request!.headers["x-amzn-sagemaker-target-model"], "b.tar.gz")
    }))

  const invalid: ReadonlyArray<readonly [string, Container.TritonInput, RegExp]> = [
    [
      "a shape of another size",
      { name: "A", datatype: "FP32", shape: [3], data: [1, 2] },
      /inputs\[0\]\.data: expected 3 elements/
    ],
    ["a negative dimension", { name: "A", datatype: "FP32", shape: [-1], data: [1] }, /inputs\[0\]\.shape/],
    [
      "a number out of range",
      { name: "A", datatype: "UINT8", data: [0, 256] },
      /inputs\[0\]\.data\[1\]: expected UINT8/
    ],
    ["a fraction", { name: "A", datatype: "INT32", data: [0.5] }, /expected INT32/],
    ["numbers without a datatype", { name: "A", data: [1] }, /inputs\[0\]\.datatype/],
    [
      "FP16 in JSON",
      { name: "A", datatype: "FP16", data: [1] },
      /FP16 has no JSON representation: set the option binary to true/
    ],
    ["BF16 in JSON", { name: "A", datatype: "BF16", data: [1] }, /BF16 has no JSON representation/],
    ["bytes in JSON that are not UTF-8", { name: "A", data: [Uint8Array.of(255)] }, /BYTES that are not UTF-8/],
    [
      "text with a lone surrogate",
      { name: "A", data: ["\ud800"] },
      /inputs\[0\]\.data\[0\]: the text has a lone surrogate/
    ],
    ["numbers as BYTES", { name: "A", datatype: "BYTES", data: [1] }, /expected text or bytes/]
  ]
  it.effect.each(invalid)(
    "fail with %s",
    ([, input, message]) =>
      Effect.map(failure(json.request.encode({ inputs: [input] })), (text) => assert.match(text, message))
  )

  it.effect("fail with a member that throws", () =>
    failure(json.request.encode({
      get inputs(): [] {
        throw new Error("secret")
      }
    })))
})

describe("Responses in JSON", () => {
  it.effect("have arrays by name, and keep every other member", () =>
    Effect.gen(function*() {
      const response = yield* decodeJson(JSON.stringify({
        model_name: "m",
        model_version: "1",
        id: "42",
        parameters: { sequence_id: 0 },
        took: 3,
        outputs: [{
          name: "OUT",
          datatype: "FP32",
          shape: [2, 2],
          data: [[1, 2], [3, 4]],
          parameters: { a: 1 },
          extra: null
        }]
      }))
      assert.deepStrictEqual(response, {
        model_name: "m",
        model_version: "1",
        id: "42",
        parameters: { sequence_id: 0 },
        took: 3,
        outputs: {
          OUT: {
            name: "OUT",
            datatype: "FP32",
            dtype: "float32",
            shape: [2, 2],
            data: Float32Array.of(1, 2, 3, 4),
            parameters: { a: 1 },
            extra: null
          }
        }
      })
    }))

  it.effect("have non-finite numbers", () =>
    Effect.gen(function*() {
      const text =
        "{\"outputs\":[{\"name\":\"OUT\",\"datatype\":\"FP64\",\"shape\":[4],\"data\":[NaN,Infinity,-Infinity,null]}]}"
      assert.deepStrictEqual((yield* only(text)).data, Float64Array.of(NaN, Infinity, -Infinity, NaN))
    }))

  it.effect("have 64-bit integers without rounding, as numbers and as text", () =>
    Effect.gen(function*() {
      const of = (datatype: string, data: string) =>
        only(`{"outputs":[{"name":"OUT","datatype":"${datatype}","shape":[2],"data":${data}}]}`)
      assert.deepStrictEqual(
        (yield* of("INT64", "[9223372036854775807,-1]")).data,
        BigInt64Array.of(9_223_372_036_854_775_807n, -1n)
      )
      assert.deepStrictEqual(
        (yield* of("UINT64", "[\"18446744073709551615\",5]")).data,
        BigUint64Array.of(18_446_744_073_709_551_615n, 5n)
      )
    }))

  it.effect("have text, and bytes by option", () =>
    Effect.gen(function*() {
      const text = output({ datatype: "BYTES", shape: [2], data: ["3.3:1:cat", "2.4:3"] })
      const { data, dtype } = yield* only(text)
      assert.deepStrictEqual([dtype, data], ["bytes", ["3.3:1:cat", "2.4:3"]])
      const bytes = yield* rawBytes.response.decode(utf8.encode(text), "application/json")
      assert.deepStrictEqual(bytes.outputs["OUT"]?.data, [utf8.encode("3.3:1:cat"), utf8.encode("2.4:3")])
    }))

  it.effect("can name the datatype STRING, as Triton's documentation does", () =>
    Effect.map(
      only(output({ datatype: "STRING", shape: [1], data: ["10:2"] })),
      ({ data }) => assert.deepStrictEqual(data, ["10:2"])
    ))

  it.effect("keep a datatype that is unknown", () =>
    Effect.map(
      only(output({ datatype: "FP8", shape: [1], data: [0.5] })),
      ({ data, dtype }) => assert.deepStrictEqual([dtype, data], ["unknown", [0.5]])
    ))

  it.effect("can omit the shape", () =>
    Effect.map(
      only(output({ datatype: "INT32", data: [[1], [2]] })),
      ({ shape }) => assert.deepStrictEqual(shape, [2, 1])
    ))

  it.effect.each(["\n", " \r\n"])(
    "can end with white space",
    (end) =>
      Effect.map(
        only(`\uFEFF${output({ datatype: "INT8", shape: [1], data: [10] })}${end}`),
        ({ data }) => assert.deepStrictEqual(data, Int8Array.of(10))
      )
  )

  it.effect("can have an output that is named __proto__", () =>
    Effect.map(
      Effect.either(
        decodeJson("{\"outputs\":[{\"name\":\"__proto__\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}")
      ),
      (result) => assert.isTrue(Either.isLeft(result) || Object.hasOwn(result.right.outputs, "__proto__"))
    ))

  const invalid: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["no outputs", "{\"error\":\"secret\"}", /outputs: expected a list of tensors/],
    ["a list", "[]", /outputs: expected a list/],
    ["an output without a name", "{\"outputs\":[{}]}", /outputs\[0\]\.name: expected string/],
    [
      "a wrong number of elements",
      output({ datatype: "FP32", shape: [3], data: [1] }),
      /outputs\[0\]\.data: expected 3 elements/
    ],
    ["an enormous shape", output({ datatype: "FP32", shape: [2 ** 40, 2 ** 40], data: [1] }), /outputs\[0\]\.shape/],
    ["a large shape", output({ datatype: "FP32", shape: [2 ** 40], data: [1] }), /expected 1099511627776 elements/],
    ["text as a number", output({ datatype: "FP32", shape: [1], data: ["secret"] }), /data\[0\]: expected FP32/],
    ["an integer out of range", output({ datatype: "INT8", shape: [1], data: [128] }), /expected INT8/],
    [
      "two outputs of one name",
      JSON.stringify({ outputs: [1, 2].map(() => ({ name: "OUT", datatype: "FP32", shape: [1], data: [1] })) }),
      /outputs\[0\]\.name/
    ]
  ]
  it.effect.each(invalid)("fail with %s", ([, text, message]) =>
    Effect.map(failure(decodeJson(text)), (found) => {
      assert.match(found, message)
      assert.notInclude(found, "secret")
    }))
})

describe("Responses with binary data", () => {
  const tensors = [
    { name: "A", datatype: "INT16", shape: [2], parameters: { binary_data_size: 4 } },
    { name: "B", datatype: "FP32", shape: [1], data: [0.5] },
    { name: "C", datatype: "BYTES", shape: [2], parameters: { binary_data_size: 11 } },
    { name: "D", datatype: "BOOL", shape: [3], parameters: { binary_data_size: 3 } },
    { name: "E", datatype: "FP8", shape: [2], parameters: { binary_data_size: 2 } }
  ]
  const message = binaryMessage(
    { model_name: "m", outputs: tensors },
    [1, 0, 254, 255],
    [2, 0, 0, 0, 97, 98, 1, 0, 0, 0, 255],
    [1, 0, 2],
    [7, 8]
  )
  const decode = (body: Uint8Array, contentType: string) => json.response.decode(body, contentType)

  const check = (contentType: string) =>
    Effect.map(decode(message.body, contentType), ({ outputs }) => {
      assert.deepStrictEqual(outputs["A"]?.data, Int16Array.of(1, -2))
      assert.deepStrictEqual(outputs["B"]?.data, Float32Array.of(0.5))
      assert.deepStrictEqual(outputs["C"]?.data, ["ab", Uint8Array.of(255)])
      assert.deepStrictEqual(outputs["D"]?.data, Uint8Array.of(1, 0, 1))
      assert.deepStrictEqual(outputs["E"]?.data, Uint8Array.of(7, 8))
    })

  it.effect("are decoded in order", () => check(message.contentType))

  it.effect("are decoded without json-header-size, as after asynchronous inference", () =>
    check("application/octet-stream"))

  it.effect("are decoded from a body that is a view of a larger buffer", () => {
    const larger = new Uint8Array(message.body.byteLength + 5)
    larger.set(message.body, 3)
    return Effect.map(
      decode(larger.subarray(3, 3 + message.body.byteLength), message.contentType),
      ({ outputs }) => assert.deepStrictEqual(outputs["A"]?.data, Int16Array.of(1, -2))
    )
  })

  it.effect("fail at every truncation", () =>
    Effect.forEach(
      Array.from({ length: message.body.byteLength }, (_, length) => message.body.subarray(0, length)),
      (body) => Effect.zipRight(failure(decode(body, message.contentType)), failure(decode(body, "application/json")))
    ))

  it.effect("fail with bytes after the last tensor", () =>
    Effect.map(
      failure(decode(Uint8Array.from([...message.body, 0]), message.contentType)),
      (text) => assert.match(text, /1 bytes follow/)
    ))

  it.effect.each(["-1", "1e9", "99999999999999999999", "", "12"])(
    "fail with a json-header-size of %s",
    (size) => failure(decode(message.body, `application/vnd.sagemaker-triton.binary+json;json-header-size=${size}`))
  )

  const wrongSizes: ReadonlyArray<readonly [string, object, ReadonlyArray<number>]> = [
    ["a size that the shape does not have", { datatype: "FP32", shape: [1], parameters: { binary_data_size: 3 } }, [
      0,
      0,
      0
    ]],
    ["a size beyond the body", { datatype: "FP32", shape: [1], parameters: { binary_data_size: 400 } }, [0, 0, 0, 0]],
    ["a negative size", { datatype: "FP32", shape: [1], parameters: { binary_data_size: -4 } }, [0, 0, 0, 0]],
    ["a size that is no number", { datatype: "FP32", shape: [1], parameters: { binary_data_size: "4" } }, [0, 0, 0, 0]],
    ["an element beyond its tensor", { datatype: "BYTES", shape: [1], parameters: { binary_data_size: 5 } }, [
      255,
      255,
      255,
      255,
      0
    ]],
    ["too few elements", { datatype: "BYTES", shape: [3], parameters: { binary_data_size: 4 } }, [0, 0, 0, 0]],
    ["too many elements", { datatype: "BYTES", shape: [1], parameters: { binary_data_size: 8 } }, [
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0
    ]]
  ]
  it.effect.each(wrongSizes)("fail with %s", ([, members, data]) => {
    const { body, contentType } = binaryMessage({ outputs: [{ name: "OUT", ...members }] }, data)
    return failure(decode(body, contentType))
  })
})

const finite = { noDefaultInfinity: false, noNaN: false }

const element: { readonly [datatype: string]: FastCheck.Arbitrary<unknown> } = {
  BOOL: FastCheck.boolean(),
  UINT8: FastCheck.integer({ min: 0, max: 255 }),
  UINT16: FastCheck.integer({ min: 0, max: 65_535 }),
  UINT32: FastCheck.integer({ min: 0, max: 2 ** 32 - 1 }),
  UINT64: FastCheck.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: FastCheck.integer({ min: -128, max: 127 }),
  INT16: FastCheck.integer({ min: -32_768, max: 32_767 }),
  INT32: FastCheck.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  INT64: FastCheck.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FP32: FastCheck.float(finite),
  FP64: FastCheck.double(finite),
  BYTES: FastCheck.oneof(FastCheck.string({ unit: "grapheme" }), FastCheck.constant(""))
}

const binaryElement: typeof element = {
  ...element,
  FP16: FastCheck.constantFrom(0, -0, 1, -2, 65_504, 2 ** -24, Infinity, -Infinity, NaN),
  BF16: FastCheck.constantFrom(0, -0, 1, -2, 3.140625, 2 ** 127, 2 ** -133, Infinity, -Infinity, NaN),
  BYTES: FastCheck.oneof(FastCheck.string(), FastCheck.constant(Uint8Array.of(0xff, 0, 0xfe)))
}

const tensorOf = (elements: typeof element) =>
  FastCheck.record({
    datatype: FastCheck.constantFrom(...Object.keys(elements)),
    shape: FastCheck.array(FastCheck.integer({ min: 0, max: 4 }), { maxLength: 3 })
  }).chain(({ datatype, shape }) => {
    const length = shape.reduce((count, dimension) => count * dimension, 1)
    return FastCheck.array(elements[datatype]!, { minLength: length, maxLength: length }).map((data) =>
      ({ datatype, shape, data }) as Omit<Container.TritonInput, "name">
    )
  })

const messageOf = (elements: typeof element) =>
  FastCheck.array(tensorOf(elements), { maxLength: 4 }).map((tensors) => ({
    inputs: tensors.map((tensor, index) => ({ ...tensor, name: `T${index}` }))
  }))

const numbersOf = (data: unknown) => Array.from(data as ArrayLike<unknown>)

const expected = ({ data, datatype }: Container.TritonInput) =>
  numbersOf(data).map((value) => (datatype === "BOOL" ? Number(value) : value))

const roundTrip = (
  model: Container.TritonEndpoint,
  request: { readonly inputs: ReadonlyArray<Container.TritonInput> }
) =>
  Effect.gen(function*() {
    const { body, contentType } = yield* encode(model.request, request)
    const decoded = yield* model.request.decode(body, contentType)
    const inputs = decoded.inputs as ReadonlyArray<Container.TritonInput>
    inputs.forEach((input, index) => {
      const sent = request.inputs[index]!
      assert.deepStrictEqual(numbersOf(input.data), expected(sent))
      assert.deepStrictEqual([input.shape, input.datatype], [sent.shape, sent.datatype])
    })
    assert.strictEqual(inputs.length, request.inputs.length)
    const outputs = Object.fromEntries(inputs.map((input) => [input.name, input])) as unknown as {
      readonly [name: string]: Container.TritonOutput
    }
    const response = yield* encode(model.response, { model_name: "m", outputs })
    assert.deepStrictEqual(
      Object.values((yield* model.response.decode(response.body, response.contentType)).outputs).map(({ data }) =>
        data
      ),
      inputs.map(({ data }) => data) as ReadonlyArray<unknown>
    )
  })

describe("Random tensors", () => {
  it.effect.prop("are equal after JSON", [messageOf(element)], ([request]) => roundTrip(json, request))

  it.effect.prop("are equal after binary data", [messageOf(binaryElement)], ([request]) => roundTrip(binary, request))

  it.effect.prop(
    "never cause a defect when bytes of the message change",
    [messageOf(binaryElement), FastCheck.array(FastCheck.tuple(FastCheck.nat(), FastCheck.nat(255)), { minLength: 1 })],
    ([request, changes]) =>
      Effect.gen(function*() {
        const { body, contentType } = yield* encode(binary.request, request)
        const changed = new Uint8Array(body)
        for (const [at, value] of changes) {
          changed[at % changed.byteLength] = value
        }
        yield* Effect.either(binary.request.decode(changed, contentType))
      })
  )
})

describe("Generate", () => {
  it.effect("returns the text and keeps other outputs", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime({
        status: 200,
        headers: { "content-type": "application/json" },
        body: "{\"model_name\":\"llm\",\"text_output\":\"Blue.\",\"cum_log_probs\":-0.5}"
      })
      const response = yield* json.generate({ text_input: "Sky?", max_tokens: 8 }).pipe(Effect.provide(server.layer))
      assert.deepStrictEqual(response, { model_name: "llm", text_output: "Blue.", cum_log_probs: -0.5 })
    }))

  it.effect("streams the text as tokens", () =>
    Effect.gen(function*() {
      const requests: Array<unknown> = []
      const llm = Emulator.endpoint("triton", ({ Body }) => {
        requests.push(JSON.parse(textOf(Body)))
        return Effect.succeed({
          ContentType: "text/event-stream",
          Body: Stream.make("data: {\"text_output\":\"Blu\"}\n\nda", "ta: {\"text_output\":\"e.\"}\n\n")
        })
      })
      const completion = yield* json.generateStream({ text_input: "Sky?" }).pipe(
        Tokens.collect,
        Effect.provide(
          SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
            Layer.provide([
              Signer.layerAnonymous,
              Emulator.layerHttpClient({ endpoints: [llm], credentials: "anonymous" })
            ])
          )
        )
      )
      assert.strictEqual(completion.text, "Blue.")
      assert.deepStrictEqual(requests, [{ stream: true, text_input: "Sky?" }])
    }))
})
