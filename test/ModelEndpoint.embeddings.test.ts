import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, TestClock } from "effect"
import { ModelEndpoint, type SageMakerError, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { hostileValues, thrownText } from "./support/hostileValues.ts"
import { type Reply, scriptedRuntime } from "./support/scriptedHttpClient.ts"

interface Body {
  readonly input?: string | ReadonlyArray<string>
  readonly inputs?: string | ReadonlyArray<string>
  readonly [member: string]: unknown
}

const bodyOf = ({ body }: { readonly body: { readonly _tag: string; readonly body?: unknown } }): Body =>
  JSON.parse(new TextDecoder().decode(body.body as Uint8Array)) as Body

const json = (value: unknown): Reply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: typeof value === "string" ? value : JSON.stringify(value)
})

const vectorOf = (text: string): ReadonlyArray<number> => [text.length, text.codePointAt(0) ?? 0]

const listOf = (texts: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  typeof texts === "string" ? [texts] : texts ?? []

/** A server that returns the items in the reverse order of the texts, as a server may. */
const openAiServer = scriptedRuntime((request) => {
  const items = listOf(bodyOf(request).input).map((text, index) => ({
    object: "embedding",
    index,
    embedding: vectorOf(text)
  }))
  return json({
    object: "list",
    data: items.toReversed(),
    model: "bge-m3",
    usage: { prompt_tokens: items.length, total_tokens: items.length }
  })
})

const huggingFaceServer = scriptedRuntime((request) => json(listOf(bodyOf(request).inputs).map(vectorOf)))

const openAi = (options?: ModelEndpoint.EmbeddingOptions) => ModelEndpoint.embeddings("bge-m3", options)

const huggingFace = (options: ModelEndpoint.EmbeddingOptions = {}) =>
  ModelEndpoint.embeddings("bge-m3", { format: "huggingFace", ...options })

const vectorsFrom = (
  reply: unknown,
  texts: ReadonlyArray<string>,
  options?: ModelEndpoint.EmbeddingOptions
) =>
  Effect.flatMap(scriptedRuntime(json(reply)), ({ layer }) => Effect.provide(openAi(options).embedMany(texts), layer))

const vectorFrom = (reply: unknown, options?: ModelEndpoint.EmbeddingOptions) =>
  Effect.flatMap(scriptedRuntime(json(reply)), ({ layer }) => Effect.provide(openAi(options).embed("one"), layer))

describe("embeddings", () => {
  it.effect("sends texts as input and orders the vectors by their indexes", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const vectors = yield* openAi().embedMany(["a", "bb", "ccc"]).pipe(Effect.provide(server.layer))
      assert.deepStrictEqual(vectors, [[1, 97], [2, 98], [3, 99]])
      const [request] = yield* server.requests
      assert.deepStrictEqual(bodyOf(request!), { input: ["a", "bb", "ccc"] })
    }))

  it.effect("sends texts as inputs in Hugging Face's format", () =>
    Effect.gen(function*() {
      const server = yield* huggingFaceServer
      const vectors = yield* huggingFace().embedMany(["a", "bb"]).pipe(Effect.provide(server.layer))
      assert.deepStrictEqual(vectors, [[1, 97], [2, 98]])
      const [request] = yield* server.requests
      assert.deepStrictEqual(bodyOf(request!), { inputs: ["a", "bb"] })
    }))

  it.effect("sends a single text as it is", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      assert.deepStrictEqual(yield* openAi().embed("bb").pipe(Effect.provide(server.layer)), [2, 98])
      assert.deepStrictEqual(bodyOf((yield* server.requests)[0]!), { input: "bb" })
    }))

  it.effect("sends the model, the dimensions, the encoding and additional members", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const model = openAi({ model: "bge", dimensions: 2, request: { truncate: true, input_type: "document" } })
      yield* model.embed("a", { encodingFormat: "base64", dimensions: 3, request: { input_type: "query" } }).pipe(
        Effect.provide(server.layer)
      )
      assert.deepStrictEqual(bodyOf((yield* server.requests)[0]!), {
        truncate: true,
        input_type: "query",
        model: "bge",
        dimensions: 3,
        encoding_format: "base64",
        input: "a"
      })
    }))

  it.effect("sends the input members of the operation with every request", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const model = openAi({ maxBatchSize: 1, TargetVariant: "blue", InferenceId: "own" })
      yield* model.embedMany(["a", "b"], { InferenceId: "call" }).pipe(Effect.provide(server.layer))
      for (const { headers, url } of yield* server.requests) {
        assert.match(url, /\/endpoints\/bge-m3\/invocations$/)
        assert.include(headers, {
          "content-type": "application/json",
          accept: "application/json",
          "x-amzn-sagemaker-target-variant": "blue",
          "x-amzn-sagemaker-inference-id": "call"
        })
      }
    }))

  it.effect("sends no request for an empty list", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      assert.deepStrictEqual(yield* openAi().embedMany([]).pipe(Effect.provide(server.layer)), [])
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("returns the responses with all their members, and the usage of all requests", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const result = yield* openAi({ maxBatchSize: 2 }).embedManyWithResponse(["a", "b", "c"]).pipe(
        Effect.provide(server.layer)
      )
      assert.deepStrictEqual(result.usage, { inputTokens: 3, totalTokens: 3 })
      assert.deepStrictEqual(result.batches.map(({ start, vectors }) => [start, vectors.length]), [[0, 2], [2, 1]])
      assert.deepInclude(result.batches[1]!.body, { model: "bge-m3", object: "list" })
      assert.strictEqual(result.batches[0]!.response.$metadata.httpStatusCode, 200)
      const one = yield* openAi().embedWithResponse("a").pipe(Effect.provide(server.layer))
      assert.deepInclude(one, { value: [1, 97], usage: { inputTokens: 1, totalTokens: 1 } })
    }))

  it.effect("invokes the model with any body", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime(json({ anything: [null] }))
      const response = yield* openAi().invoke({ input: [[1, 2, 3]] }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(response, { anything: [null] })
    }))
})

describe("embeddings reads", () => {
  const one = [0.5, -1]
  const shapes: ReadonlyArray<readonly [name: string, reply: unknown]> = [
    ["a vector", one],
    ["a list with a vector", [one]],
    ["OpenAI's list", { data: [{ index: 0, embedding: one }] }],
    ["OpenAI's list without indexes", { data: [{ embedding: one }] }],
    ["OpenAI's list with null indexes", { data: [{ index: null, embedding: one }] }],
    ["a list of indexed embeddings", [{ index: 0, embedding: one }]],
    ["an object with embeddings", { embeddings: [one] }],
    ["an object with embedding", { embedding: one }],
    ["an object with vectors", { vectors: one }],
    ["base64", { data: [{ index: 0, embedding: Buffer.from(Float32Array.from(one).buffer).toString("base64") }] }]
  ]
  it.effect.each(shapes)("%s", ([, reply]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* vectorFrom(reply), one)
      assert.deepStrictEqual(yield* vectorsFrom(reply, ["one"]), [one])
      assert.deepStrictEqual(yield* vectorFrom(reply, { pooling: "mean" }), one)
    }))

  it.effect("vectors in the order of the texts if no item has an index", () =>
    Effect.gen(function*() {
      const reply = { data: [{ embedding: [1] }, { embedding: [2] }] }
      assert.deepStrictEqual(yield* vectorsFrom(reply, ["a", "b"]), [[1], [2]])
    }))

  const tokens: ReadonlyArray<readonly [name: string, reply: unknown]> = [
    ["texts, tokens, numbers", [[[1, 2], [3, 6]]]],
    ["texts, one list, tokens, numbers", [[[[1, 2], [3, 6]]]]],
    ["tokens, numbers", [[1, 2], [3, 6]]],
    ["OpenAI's list with token vectors", { data: [{ index: 0, embedding: [[1, 2], [3, 6]] }] }]
  ]
  it.effect.each(tokens)("the mean of token vectors: %s", ([, reply]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* vectorFrom(reply, { pooling: "mean" }), [2, 4])
      assert.deepStrictEqual(yield* vectorsFrom(reply, ["one"], { pooling: "mean" }), [[2, 4]])
    }))

  it.effect("the mean of token vectors of several texts with different numbers of tokens", () =>
    Effect.gen(function*() {
      const reply = [[[[1, 2]]], [[[1, 0], [3, 0], [5, 3]]]]
      assert.deepStrictEqual(yield* vectorsFrom(reply, ["a", "b"], { pooling: "mean" }), [[1, 2], [3, 1]])
      assert.deepStrictEqual(yield* vectorsFrom(reply.flat(), ["a", "b"], { pooling: "mean" }), [[1, 2], [3, 1]])
    }))

  it.effect.prop(
    "every base64 vector of 32-bit floats",
    [FastCheck.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true })],
    ([numbers]) =>
      Effect.gen(function*() {
        const embedding = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("base64")
        assert.deepStrictEqual(yield* vectorFrom({ data: [{ index: 0, embedding }] }), [...numbers])
      })
  )
})

describe("embeddings fails with CodecError and the position", () => {
  const failures: ReadonlyArray<
    readonly [problem: string, reply: unknown, texts: number, message: RegExp, options?: ModelEndpoint.EmbeddingOptions]
  > = [
    ["too few vectors", [[1]], 2, /expected 2 vectors for texts 0 to 1, found 1$/],
    ["too many vectors", [[1], [2], [3]], 2, /expected 2 vectors for texts 0 to 1, found 3$/],
    ["several vectors for one text", [[1], [2]], 1, /expected 1 vector for text 0, found 2$/],
    ["no vector", [], 1, /expected 1 vector for text 0, found 0$/],
    ["one vector for two texts", [1, 2], 2, /the vector of text 0 must be a list of numbers$/],
    ["too few items", { data: [{ index: 0, embedding: [1] }] }, 2, /expected 2 vectors for texts 0 to 1, found 1$/],
    [
      "an item without index",
      { data: [{ index: 0, embedding: [1] }, { embedding: [2] }] },
      2,
      /index of item 1 must be a number$/
    ],
    [
      "a duplicate index",
      { data: [{ index: 1, embedding: [1] }, { index: 1, embedding: [2] }] },
      2,
      /index of item 1 must be unique: text 1 has two vectors$/
    ],
    [
      "an index that no text has",
      { data: [{ index: 0, embedding: [1] }, { index: 2, embedding: [2] }] },
      2,
      /index of item 1 must be an integer from 0 to 1$/
    ],
    [
      "an item without embedding",
      { data: [{ index: 0, embedding: [1] }, { index: 1 }] },
      2,
      /embedding of item 1 is missing$/
    ],
    [
      "a null in a vector",
      [[1, 2], [1, null]],
      2,
      /vector of text 1 must have numbers only: the value at position 1 is not a finite number$/
    ],
    ["a text in a vector", [["0.5"]], 1, /vector of text 0 must have numbers only: the value at position 0 /],
    ["an empty vector", [[1], []], 2, /vector of text 1 must be a list of numbers$/],
    ["a null vector", { data: [{ index: 0, embedding: null }] }, 1, /vector of text 0 must be a list of numbers$/],
    [
      "vectors of different lengths",
      [[1, 2], [1, 2, 3]],
      2,
      /vector of text 1 has 3 numbers, another vector of the call has 2$/
    ],
    [
      "invalid base64",
      { data: [{ index: 0, embedding: "@@@" }] },
      1,
      /vector of text 0 must be Base64 of 32-bit floats$/
    ],
    [
      "base64 of incomplete numbers",
      { data: [{ index: 0, embedding: "AAA=" }] },
      1,
      /vector of text 0 must be Base64 /
    ],
    ["base64 of NaN", { data: [{ index: 0, embedding: "AADAfw==" }] }, 1, /vector of text 0 must have numbers only/],
    ["token vectors", [[[1, 2], [3, 4]]], 1, /a vector per token of text 0: set the option pooling to "mean"/],
    ["token vectors with an inner list", [[[[1]]], [[[2]]]], 2, /a vector per token of text 0/],
    ["token vectors of different lengths", [[[1, 2], [3]]], 1, /token 1 of text 0 must have 2 numbers/, {
      pooling: "mean"
    }],
    ["a null in a token vector", [[[1, null]]], 1, /token 0 of text 0 must have numbers only/, { pooling: "mean" }],
    ["an error object", { error: "overloaded" }, 1, /must be a list of vectors or an object with the list data$/],
    ["null", "null", 1, /must be a list of vectors/],
    ["invalid JSON", "[[0.1,", 1, /invalid JSON/]
  ]
  it.effect.each(failures)("of %s", ([, reply, count, message, options]) =>
    Effect.gen(function*() {
      const texts = Array.from({ length: count }, (_, index) => `text ${index}`)
      const error = yield* Effect.flip(vectorsFrom(reply, texts, options))
      assert.strictEqual(error._tag, "CodecError")
      assert.match(error.message, message)
      assert.isAbove((error as SageMakerError.CodecError).body?.byteLength ?? 0, 0)
    }))

  it.effect("in the list of the call, not of the request", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(json([[1], [2]]), json([[3], [null]]))
      const error = yield* Effect.flip(huggingFace({ maxBatchSize: 2 }).embedMany(["a", "b", "c", "d"])).pipe(
        Effect.provide(server.layer)
      )
      assert.match(error.message, /vector of text 3 must have numbers only/)
    }))

  it.effect("of vectors with different lengths in two responses", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(json([[1]]), json([[1, 2]]))
      const error = yield* Effect.flip(huggingFace({ maxBatchSize: 1 }).embedMany(["a", "b"])).pipe(
        Effect.provide(server.layer)
      )
      assert.match(error.message, /vector of text 1 has 2 numbers, another vector of the call has 1$/)
    }))
})

describe("embedMany divides the texts", () => {
  const sizesOf = (texts: ReadonlyArray<string>, options: ModelEndpoint.EmbeddingOptions) =>
    Effect.gen(function*() {
      const server = yield* huggingFaceServer
      const vectors = yield* huggingFace(options).embedMany(texts).pipe(Effect.provide(server.layer))
      assert.deepStrictEqual(vectors, texts.map(vectorOf))
      return (yield* server.requests).map((request) => bodyOf(request).inputs!.length)
    })

  const numbers = Array.from({ length: 70 }, (_, index) => `${index}`)

  it.effect("into requests of 32 by default", () =>
    Effect.map(sizesOf(numbers, {}), (sizes) => assert.deepStrictEqual(sizes, [32, 32, 6])))

  it.effect("by maxBatchSize", () =>
    Effect.map(sizesOf(numbers, { maxBatchSize: 70 }), (sizes) => assert.deepStrictEqual(sizes, [70])))

  it.effect("by the UTF-8 bytes of the texts", () =>
    Effect.map(
      sizesOf(["aaa", "é", "é", "😀", "a", "漢a"], { maxBatchBytes: 5 }),
      (sizes) => assert.deepStrictEqual(sizes, [2, 1, 2, 1])
    ))

  it.effect.prop(
    "so that no request exceeds a limit and no text is lost",
    [
      FastCheck.array(FastCheck.string({ unit: "binary", minLength: 1, maxLength: 6 }), { maxLength: 40 }),
      FastCheck.integer({ min: 1, max: 9 }),
      FastCheck.integer({ min: 24, max: 60 })
    ],
    ([texts, maxBatchSize, maxBatchBytes]) =>
      Effect.gen(function*() {
        const server = yield* huggingFaceServer
        const model = huggingFace({ maxBatchSize, maxBatchBytes, concurrency: 3 })
        assert.deepStrictEqual(
          yield* model.embedMany(texts).pipe(Effect.provide(server.layer)),
          texts.map(vectorOf)
        )
        const sent = (yield* server.requests).map((request) => bodyOf(request).inputs as ReadonlyArray<string>)
        assert.sameMembers(sent.flat(), texts)
        for (const batch of sent) {
          assert.isAtMost(batch.length, maxBatchSize)
          assert.isAtMost(Buffer.byteLength(batch.join("")), maxBatchBytes)
        }
      })
  )

  it.effect("and sends one request at a time by default, several with concurrency", () =>
    Effect.gen(function*() {
      let active = 0
      let most = 0
      const slow = Effect.sync(() => {
        active += 1
        most = Math.max(most, active)
      }).pipe(
        Effect.zipRight(Effect.sleep("1 second")),
        Effect.zipRight(Effect.sync(() => {
          active -= 1
          return new Response("[[1]]", { headers: { "content-type": "application/json" } })
        }))
      )
      const { layer } = yield* scriptedRuntime(slow)
      for (const concurrency of [1, 3]) {
        most = 0
        const fiber = yield* Effect.fork(
          huggingFace({ maxBatchSize: 1, concurrency }).embedMany(["a", "b", "c", "d"]).pipe(Effect.provide(layer))
        )
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* fiber.await.pipe(Effect.flatten), [[1], [1], [1], [1]])
        assert.strictEqual(most, concurrency)
      }
    }))
})

describe("embeddings fails with InvalidInputError before a request", () => {
  const invalid: ReadonlyArray<readonly [name: string, options: Record<string, unknown>, field: string]> = [
    ["maxBatchSize", { maxBatchSize: 0 }, "maxBatchSize"],
    ["maxBatchSize", { maxBatchSize: 1.5 }, "maxBatchSize"],
    ["maxBatchBytes", { maxBatchBytes: "9" }, "maxBatchBytes"],
    ["concurrency", { concurrency: -1 }, "concurrency"],
    ["format", { format: "cohere" }, "format"],
    ["pooling", { pooling: "cls" }, "pooling"],
    ["dimensions", { dimensions: Number.NaN }, "dimensions"],
    ["encodingFormat", { encodingFormat: "hex" }, "encodingFormat"],
    ["model", { model: 7 }, "model"],
    ["request", { request: [] }, "request"]
  ]
  it.effect.each(invalid)("for an invalid %s", ([, options, field]) =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const calls = [
        ModelEndpoint.embeddings("bge-m3", options).embed("a"),
        ModelEndpoint.embeddings("bge-m3", options).embedMany([]),
        ModelEndpoint.embeddings("bge-m3", options).invoke({}),
        openAi().embed("a", options)
      ]
      for (const call of calls) {
        const error = yield* Effect.flip(Effect.asVoid(call)).pipe(Effect.provide(server.layer))
        assert.deepInclude(error, { _tag: "InvalidInputError", field })
      }
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("for a text larger than maxBatchBytes, before the texts in front of it are sent", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const many = yield* Effect.flip(openAi({ maxBatchBytes: 3 }).embedMany(["a", "ab", "éé"])).pipe(
        Effect.provide(server.layer)
      )
      assert.strictEqual(many.message, "texts[2] must be at most 3 bytes of UTF-8 (maxBatchBytes)")
      const one = yield* Effect.flip(openAi({ maxBatchBytes: 3 }).embed("éé")).pipe(Effect.provide(server.layer))
      assert.strictEqual(one.message, "text must be at most 3 bytes of UTF-8 (maxBatchBytes)")
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("for anything that is not a text", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      const error = yield* Effect.flip(openAi().embedMany(["a", 7 as never])).pipe(Effect.provide(server.layer))
      assert.strictEqual(error.message, "texts[1] must be a string")
      assert.strictEqual(yield* server.attempts, 0)
    }))

  it.effect("or another typed error for hostile texts and options", () =>
    Effect.gen(function*() {
      const server = yield* openAiServer
      for (const [, make] of hostileValues) {
        const value = make()
        const calls = [
          openAi().embed(value as never),
          openAi().embedMany(value as never),
          openAi().embedMany([value as never]),
          openAi().embed("a", value as never),
          openAi().embed("a", { request: value as never }),
          openAi(value as never).embed("a")
        ]
        for (const call of calls) {
          const exit = yield* Effect.either<
            unknown,
            ModelEndpoint.ModelEndpointError,
            SageMakerRuntime.SageMakerRuntime
          >(call).pipe(Effect.provide(server.layer))
          if (exit._tag === "Left") {
            assert.notInclude(exit.left.message, thrownText)
          }
        }
      }
    }))
})

describe("embeddings keeps", () => {
  it.effect("the errors of the operation", () =>
    Effect.gen(function*() {
      const { layer } = yield* scriptedRuntime({ status: 424, headers: { "x-amzn-errortype": "ModelError" } })
      const error = yield* Effect.flip(openAi().embedMany(["a"])).pipe(Effect.provide(layer))
      assert.strictEqual(error._tag, "ModelError")
    }))
})
