import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { Codec } from "effect-sagemaker-runtime"
import { readdirSync, readFileSync } from "node:fs"

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./fixtures/npy/${name}.npy`, import.meta.url)))

const ramp = [0, 1, 2, 3, 4, 5]
const matrix = { shape: [2, 3] }

/** The arrays numpy wrote to the fixtures of these names. */
const arrays: { readonly [name: string]: Codec.NdArray } = {
  bool: Codec.ndarray(Uint8Array.from(ramp, (_) => _ % 2), { ...matrix, dtype: "bool" }),
  int8: Codec.ndarray(Int8Array.from(ramp), matrix),
  uint8: Codec.ndarray(Uint8Array.from(ramp), matrix),
  int16: Codec.ndarray(Int16Array.from(ramp), matrix),
  uint16: Codec.ndarray(Uint16Array.from(ramp), matrix),
  int32: Codec.ndarray(Int32Array.from(ramp), matrix),
  uint32: Codec.ndarray(Uint32Array.from(ramp), matrix),
  int64: Codec.ndarray(BigInt64Array.from(ramp, BigInt), matrix),
  uint64: Codec.ndarray(BigUint64Array.from(ramp, BigInt), matrix),
  float16: Codec.ndarray(Float32Array.from(ramp), { ...matrix, dtype: "float16" }),
  float32: Codec.ndarray(Float32Array.from(ramp), matrix),
  float64: Codec.ndarray(Float64Array.from(ramp), matrix),
  scalar: Codec.ndarray(Float64Array.of(2.5), { shape: [] }),
  vector: Codec.ndarray(Float64Array.of(0.1, -0, Infinity, NaN)),
  empty: Codec.ndarray(new Float32Array(), { shape: [0, 4] }),
  edge: Codec.ndarray(new Float32Array(), { shape: [0, 100_000, ...Array.from({ length: 11 }, () => 1)] }),
  padded: Codec.ndarray(new Float32Array(), { shape: [0, 10_000, ...Array.from({ length: 11 }, () => 1)] }),
  cube: Codec.ndarray(Int16Array.from({ length: 24 }, (_, at) => at), { shape: [2, 3, 4] }),
  long: Codec.ndarray(Uint8Array.of(0), { shape: Array.from({ length: 32 }, () => 1) }),
  half: Codec.ndarray(
    Float32Array.of(0, -0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Infinity, -Infinity, 0.333251953125),
    { dtype: "float16" }
  )
}

const foreign: { readonly [name: string]: Codec.NdArray } = {
  fortran: Codec.ndarray(Float32Array.from({ length: 24 }, (_, at) => at), { shape: [2, 3, 4] }),
  "big-endian": Codec.ndarray(Float64Array.from(ramp), matrix),
  version2: Codec.ndarray(Float64Array.from(ramp), matrix)
}

const unsupported = ["complex", "structured"]

describe("Files written by NumPy", () => {
  it("are all covered", () => {
    const names = readdirSync(new URL("./fixtures/npy", import.meta.url)).filter((name) => name.endsWith(".npy"))
    assert.sameMembers(names.map((name) => name.slice(0, -4)), [
      ...Object.keys(arrays),
      ...Object.keys(foreign),
      ...unsupported
    ])
  })

  it.effect.each(Object.entries(arrays))(
    "equal the encoded bytes: %s",
    ([name, array]) => Effect.map(Codec.npy.encode(array), (body) => assert.deepStrictEqual(body, fixture(name)))
  )

  it.effect.each(Object.entries({ ...arrays, ...foreign }))(
    "are decoded: %s",
    ([name, array]) => Effect.map(Codec.npy.decode(fixture(name)), (read) => assert.deepStrictEqual(read, array))
  )

  it.effect.each(unsupported)(
    "of unsupported types are rejected: %s",
    (name) =>
      Effect.map(
        Effect.flip(Codec.npy.decode(fixture(name))),
        ({ message }) => assert.include(message, "the dtype must be one of")
      )
  )
})

const shape = FastCheck.array(FastCheck.nat(4), { maxLength: 4 })
const sized = (shape: ReadonlyArray<number>) => shape.reduce((length, size) => length * size, 1)
const exactly = (length: number) => ({ minLength: length, maxLength: length })

const anyArray: FastCheck.Arbitrary<Codec.NdArray> = shape.chain((shape) => {
  const size = exactly(sized(shape))
  return FastCheck.oneof<Array<FastCheck.Arbitrary<Codec.NdArray["data"]>>>(
    FastCheck.uint8Array(size),
    FastCheck.int8Array(size),
    FastCheck.int16Array(size),
    FastCheck.uint16Array(size),
    FastCheck.int32Array(size),
    FastCheck.uint32Array(size),
    FastCheck.float32Array(size),
    FastCheck.float64Array(size),
    FastCheck.bigInt64Array(size),
    FastCheck.bigUint64Array(size)
  ).map((data) => Codec.ndarray(data, { shape }))
})

describe("An array", () => {
  it.effect.prop(
    "round-trips",
    [anyArray],
    ([array]) =>
      Effect.map(
        Effect.flatMap(Codec.encode(array, Codec.npy), Codec.decode(Codec.npy)),
        (back) => assert.deepStrictEqual(back, array)
      )
  )

  it.effect.prop(
    "round-trips at any byte offset",
    [anyArray, FastCheck.nat(9)],
    ([array, offset]) =>
      Effect.gen(function*() {
        const { Body: body } = yield* Codec.encode(array, Codec.npy)
        const moved = new Uint8Array(body.byteLength + offset)
        moved.set(body, offset)
        assert.deepStrictEqual(yield* Codec.npy.decode(moved.subarray(offset)), array)
      })
  )

  it.effect("of half precision keeps every number", () =>
    Effect.gen(function*() {
      const bits = Uint16Array.from({ length: 0x10000 }, (_, at) => at).filter((at) => (at & 0x7fff) <= 0x7c00)
      const zeros = yield* Codec.encode(Codec.ndarray(new Float32Array(bits.length), { dtype: "float16" }), Codec.npy)
      const body = new Uint8Array(128 + bits.byteLength)
      body.set(zeros.Body.subarray(0, 128))
      body.set(new Uint8Array(bits.buffer), 128)
      const array = yield* Codec.npy.decode(body)
      assert.deepStrictEqual(yield* Codec.npy.encode(array), body)
      const between = Codec.ndarray(Float32Array.of(2049, 2051, 65519.9, 65520, 1e-8, 0.1), { dtype: "float16" })
      const rounded = yield* Effect.flatMap(Codec.encode(between, Codec.npy), Codec.decode(Codec.npy))
      assert.deepStrictEqual(Array.from(rounded.data as Float32Array), [
        2048,
        2052,
        65504,
        Infinity,
        0,
        0.0999755859375
      ])
    }))

  it.effect.each(
    [
      [
        "a shape of another length",
        Codec.ndarray(Float32Array.of(1, 2), { shape: [3] }),
        /the shape has 3 elements, the data has 2$/
      ],
      [
        "a shape that is none",
        Codec.ndarray(Float32Array.of(1), { shape: [-1, -1] }),
        /the shape must be a list of at most 64 non-negative integers$/
      ],
      [
        "data of another type",
        { ...Codec.ndarray(Float32Array.of(1)), dtype: "int8" } as Codec.NdArray,
        /dtype int8 requires data of type Int8Array$/
      ],
      [
        "an unknown dtype",
        { ...Codec.ndarray(Float32Array.of(1)), dtype: "constructor" } as never,
        /the dtype must be one of/
      ],
      ["an invalid bool", Codec.ndarray(Uint8Array.of(2), { dtype: "bool" }), /0 or 1$/]
    ] as const
  )("is rejected with %s", ([, array, problem]) =>
    Effect.map(Effect.flip(Codec.npy.encode(array)), (error) => {
      assert.strictEqual(error.direction, "encode")
      assert.match(error.message, problem)
    }))
})

/** A file with this header and data. */
const withHeader = (header: string, data: ReadonlyArray<number> = []): Uint8Array => {
  const prefix = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0, 0, 0)
  new DataView(prefix.buffer).setUint32(8, header.length, true)
  return Uint8Array.of(...prefix, ...new TextEncoder().encode(header), ...data)
}

describe("A header", () => {
  const expected = Codec.ndarray(Uint8Array.of(7, 8))

  it.effect.each(
    [
      ["with double quotes", `{"descr": "|u1", "fortran_order": False, "shape": (2,), }`],
      ["with a dtype without byte order", `{'descr': 'u1', 'fortran_order': False, 'shape': (2,), }`],
      ["with integers of Python 2", `{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }`],
      ["with its keys in another order", `{'shape':(2,),'fortran_order':True,'descr':'<u1'}\n`]
    ] as const
  )(
    "%s is read",
    ([, header]) =>
      Effect.map(Codec.npy.decode(withHeader(header, [7, 8])), (array) => assert.deepStrictEqual(array, expected))
  )

  it.effect.each(
    [
      ["with an unknown key", `{'descr': '|u1', 'fortran_order': False, 'shape': (0,), 'constructor': (1,)}`],
      ["with a second value", `{'descr': '|u1', 'fortran_order': False, 'shape': (1 0,)}`],
      ["with a negative dimension", `{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}`],
      ["with a shape of strings", `{'descr': '|u1', 'fortran_order': False, 'shape': ('0',)}`],
      ["of spaces", " ".repeat(65_000)],
      ["of opening parentheses", "(".repeat(65_000)],
      ["of keys", `{${"'shape': (".repeat(6_000)}`]
    ] as const
  )("%s is rejected", ([, header]) =>
    Effect.map(
      Effect.flip(Codec.npy.decode(withHeader(header))),
      (error) => assert.match(error.message, /the header must be a dictionary of descr, fortran_order and shape$/)
    ))

  it.effect.each(
    [
      ["more than 64 dimensions", `{'descr': '|u1', 'fortran_order': True, 'shape': (${"1,".repeat(65)})}`, /shape$/],
      ["more than 65,536 bytes", " ".repeat(65_537), /the header must have at most 65536 bytes$/]
    ] as const
  )(
    "with %s is rejected",
    ([, header, problem]) =>
      Effect.map(
        Effect.flip(Codec.npy.decode(withHeader(header, [1]))),
        (error) => assert.match(error.message, problem)
      )
  )
})

describe("A file is rejected", () => {
  const good = fixture("float64")
  it.effect.each(
    [
      ["that is empty", new Uint8Array(), /the NPY magic string is missing$/],
      ["that is another", new TextEncoder().encode("a,b,c\n1,2,3\n4,5,6"), /the NPY magic string is missing$/],
      ["of a later version", good.with(6, 4), /the format version must be 1, 2 or 3$/],
      ["that ends inside its header", good.subarray(0, 40), /the header is truncated$/],
      ["that ends early", good.subarray(0, -1), /the length of the data must match the shape$/],
      ["that goes on", Uint8Array.of(...good, 0), /the length of the data must match the shape$/],
      [
        "without a shape",
        good.with(good.indexOf(0x70), 0x71),
        /the header must be a dictionary of descr, fortran_order and shape$/
      ]
    ] as const
  )("%s", ([, body, problem]) =>
    Effect.map(Effect.flip(Codec.npy.decode(body)), (error) => {
      assert.match(error.message, problem)
      assert.strictEqual(error.body, body)
    }))

  it.effect.prop(
    "or decoded for any damaged bytes",
    [FastCheck.nat(good.length - 1), FastCheck.nat(255)],
    ([at, byte]) =>
      Effect.map(
        Effect.either(Codec.npy.decode(good.with(at, byte))),
        (result) => assert.isTrue(result._tag === "Right" || result.left._tag === "CodecError")
      )
  )
})
