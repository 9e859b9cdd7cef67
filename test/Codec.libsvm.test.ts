import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Schema } from "effect"
import { Codec } from "effect-sagemaker-runtime"

const encoder = new TextEncoder()

const read = (text: string) => Codec.libsvm.decode(encoder.encode(text))

const written = <A>(codec: Codec.Codec<A>, value: A) =>
  Effect.map(Codec.encode(value, codec), ({ Body }) => new TextDecoder().decode(Body))

const index = FastCheck.integer({ min: 0, max: 4_294_967_295 })

const row = FastCheck.record({
  label: FastCheck.option(FastCheck.double(), { nil: undefined }),
  qid: FastCheck.option(FastCheck.integer(), { nil: undefined }),
  features: FastCheck.uniqueArray(FastCheck.record({ index, value: FastCheck.double() }), { selector: (_) => _.index })
}).filter(({ features, label, qid }) => label !== undefined || qid !== undefined || features.length > 0)

describe("LIBSVM", () => {
  it.effect.prop("round-trips", [FastCheck.array(row)], ([rows]) =>
    Effect.gen(function*() {
      const back = yield* Effect.flatMap(Codec.encode(rows, Codec.libsvm), Codec.decode(Codec.libsvm))
      assert.deepStrictEqual(back.map(({ features, label, qid }) => ({ label, qid, features })), rows)
    }))

  it.effect("has one row per line", () =>
    Effect.gen(function*() {
      const rows = [
        { label: 1, features: [{ index: 3, value: 0.5 }, { index: 7, value: 2 }] },
        { features: [{ index: 0, value: -0 }] },
        { label: -1, qid: 4, features: [] }
      ]
      assert.strictEqual(yield* written(Codec.libsvm, rows), "1 3:0.5 7:2\n0:-0\n-1 qid:4")
    }))

  it.effect("can have any line ends, blank lines, comments and Python's numbers", () =>
    Effect.map(read("\ufeff1  1:1e-05 2:nan # a\r\n\n# b\r\t+1 3:-inf\n"), (rows) =>
      assert.deepStrictEqual(rows, [
        { label: 1, features: [{ index: 1, value: 1e-5 }, { index: 2, value: Number.NaN }] },
        { label: 1, features: [{ index: 3, value: -Infinity }] }
      ])))

  it.effect.each([
    ["1 2:3\n1 hunter2", /line 2: expected a label and features such as 3:0\.5$/],
    ["hunter2", /line 1: expected a label/],
    ["1 2:3:4", /line 1: expected a label/],
    ["1 -2:3", /line 1: expected a label/],
    ["1 2:", /line 1: expected a label/],
    ["1 4294967296:1", /line 1: an index must be an integer from 0 to 4294967295$/],
    ["1 5:1 5:2", /line 1: an index must not be repeated$/]
  ])("is invalid with its line: %s", ([text, problem]) =>
    Effect.map(Effect.flip(read(text as string)), (error) => {
      assert.match(error.message, problem as RegExp)
      assert.notInclude(error.message, "hunter2")
      assert.strictEqual(error.line, (text as string).split("\n").length)
    }))

  it.effect.each([
    ["an index that is no integer", [{ features: [{ index: 1.5, value: 1 }] }], /line 1: an index must be/],
    ["a negative index", [{ features: [{ index: -1, value: 1 }] }], /line 1: an index must be/],
    ["a repeated index", [{ features: [{ index: 2, value: 1 }, { index: 2, value: 1 }] }], /must not be repeated$/],
    ["an empty row", [{ label: 1, features: [] }, { features: [] }], /line 2: a row must have a label or a feature$/],
    ["a value of text", [{ features: [{ index: 2, value: "hunter2" }] }], /must be numbers$/],
    ["no rows", undefined, /the value cannot be read$/]
  ])(
    "cannot be written with %s",
    ([, rows, problem]) =>
      Effect.map(Effect.flip(Codec.libsvm.encode(rows as never)), ({ direction, message }) => {
        assert.strictEqual(direction, "encode")
        assert.match(message, problem as RegExp)
      })
  )

  it.effect("is read from both media types of XGBoost's container", () =>
    Effect.gen(function*() {
      for (const ContentType of ["text/libsvm", "text/x-libsvm; charset=utf-8"]) {
        const rows = yield* Codec.decode({ Body: encoder.encode("1"), ContentType }, Codec.libsvm)
        assert.deepStrictEqual(rows, [{ label: 1, features: [] }])
      }
    }))
})

describe("Bytes of a media type", () => {
  it.effect("are passed through", () =>
    Effect.gen(function*() {
      const wav = Codec.binary("audio/wav")
      const payload = yield* Codec.encode(Uint8Array.of(1, 2), wav)
      assert.deepStrictEqual(payload, { Body: Uint8Array.of(1, 2), ContentType: "audio/wav" })
      assert.deepStrictEqual(yield* Codec.decode({ ...payload, ContentType: "audio/wav" }, wav), Uint8Array.of(1, 2))
      const error = yield* Effect.flip(Codec.decode({ ...payload, ContentType: "image/png" }, wav))
      assert.match(error.message, /of media type image\/png: expected audio\/wav$/)
      assert.match(
        (yield* Effect.flip(wav.encode("x" as never))).message,
        /^Cannot encode the value as audio\/wav: the value must be a Uint8Array$/
      )
    }))

  it.effect("can have parameters and be a range", () =>
    Effect.gen(function*() {
      const Body = Uint8Array.of(1)
      const pcm = Codec.binary("audio/L16; rate=16000")
      assert.strictEqual(yield* Codec.decode({ Body, ContentType: "audio/L16;rate=8000" }, pcm), Body)
      assert.strictEqual(yield* Codec.decode({ Body, ContentType: "image/png" }, Codec.binary("image/*")), Body)
    }))

  it.effect("can have a content type per value", () =>
    Effect.gen(function*() {
      const image: Codec.Codec<{ readonly type: string; readonly bytes: Uint8Array }> = {
        mediaType: "image/jpeg",
        reads: ["image/*"],
        encode: ({ bytes, type }) => Effect.succeed({ body: bytes, contentType: type }),
        decode: (bytes, type = "image/jpeg") => Effect.succeed({ type, bytes })
      }
      const value = { type: "image/png", bytes: Uint8Array.of(1) }
      assert.deepStrictEqual(yield* Effect.flatMap(Codec.encode(value, image), Codec.decode(image)), value)
      assert.strictEqual(yield* written(Codec.compose(Codec.text, Schema.NumberFromString), 1), "1")
    }))
})
