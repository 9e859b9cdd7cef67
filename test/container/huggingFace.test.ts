import { assert, describe, it } from "@effect/vitest"
import { Effect, pipe } from "effect"
import { Codec, Container, type ModelEndpoint, type SageMakerRuntime } from "effect-sagemaker-runtime"
import { expectTypeOf } from "vitest"
import { hostileValues, thrownText } from "../support/hostileValues.ts"
import { type Reply, scriptedRuntime } from "../support/scriptedHttpClient.ts"

const bytesOf = ({ body }: { readonly body: { readonly _tag: string; readonly body?: unknown } }): Uint8Array =>
  body.body as Uint8Array

const bodyOf = (request: Parameters<typeof bytesOf>[0]): unknown =>
  JSON.parse(new TextDecoder().decode(bytesOf(request)))

const json = (value: unknown): Reply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value)
})

const exchange = <A, E>(reply: unknown, call: Effect.Effect<A, E, SageMakerRuntime.SageMakerRuntime>) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(json(reply))
    const value = yield* Effect.provide(call, server.layer)
    const [request] = yield* server.requests
    return { value, request: request! }
  })

const label = { label: "POSITIVE", score: 0.99 }
const entity = { entity: "I-PER", score: 0.99, index: 4, word: "Wolfgang", start: 11, end: 19 }
const group = { entity_group: "PER", score: 0.99, word: "Wolfgang", start: null, end: null }
const answer = { score: 0.99, start: 68, end: 77, answer: "sagemaker" }
const zeroShot = { sequence: "Hi", labels: ["refund", "faq"], scores: [0.96, 0.04] }
const fill = { score: 0.4, token: 1234, token_str: "capital", sequence: "Paris is the capital of France." }
const box = { xmin: 1, ymin: 2, xmax: 3, ymax: 4 }

/** Responses in the forms of the pipelines of transformers and of the tests of the two toolkits. */
const responses: ReadonlyArray<readonly [task: Container.HuggingFaceTask, response: unknown]> = [
  ["text-classification", [label]],
  ["text-classification", [[label, { ...label, label: "NEGATIVE" }]]],
  ["text-classification", label],
  ["text-classification", []],
  ["sentiment-analysis", [label, label]],
  ["token-classification", [entity]],
  ["token-classification", [group]],
  ["token-classification", [[entity], []]],
  ["ner", [{ ...entity, start: null, end: null }]],
  ["question-answering", answer],
  ["question-answering", [answer, answer]],
  ["question-answering", [[answer], [answer]]],
  ["question-answering", { score: 0.1, start: 0, end: 0, answer: "" }],
  ["zero-shot-classification", zeroShot],
  ["zero-shot-classification", [zeroShot]],
  ["zero-shot-classification", [label, label]],
  ["feature-extraction", [[[0.1, 0.2], [1, 2]]]],
  ["feature-extraction", [[[[0.1], [1]]], [[[2]]]]],
  ["feature-extraction", [0.1, 0.2]],
  ["fill-mask", [fill, { ...fill, token: null }]],
  ["fill-mask", [[fill], [fill]]],
  ["summarization", [{ summary_text: "Short." }]],
  ["translation", [{ translation_text: "Mein Name ist Sarah" }]],
  ["translation_en_to_de", [{ translation_text: "Mein Name ist Sarah" }]],
  ["text2text-generation", [{ generated_text: "42" }]],
  ["text-generation", [{ generated_text: "My name is" }]],
  ["text-generation", [[{ generated_text: "My name is" }], [{ generated_text: "Your" }]]],
  ["text-generation", [{ generated_text: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Ho" }] }]],
  ["text-generation", { generated_text: "My name is" }],
  ["table-question-answering", { answer: "SUM > 1, 2", coordinates: [[0, 1]], cells: ["1"], aggregator: "SUM" }],
  ["table-question-answering", [{ answer: "1", coordinates: [[0, 1]], cells: ["1"] }]],
  ["conversational", { generated_text: "Hi", conversation: { past_user_inputs: ["a"], generated_responses: ["Hi"] } }],
  ["sentence-similarity", { similarities: [0.4, 1] }],
  ["sentence-similarity", [0.4, 1]],
  ["sentence-embeddings", { embeddings: [0.1, 0.2] }],
  ["sentence-embeddings", { embeddings: [[0.1, 0.2]] }],
  ["image-classification", [label, label]],
  ["zero-shot-image-classification", [label]],
  ["object-detection", [{ ...label, box }]],
  ["image-segmentation", [{ score: null, label: "cat", mask: "iVBORw0=" }]],
  ["image-to-text", [{ generated_text: "two birds" }]],
  ["visual-question-answering", [{ score: 0.9, answer: "2" }]],
  ["document-question-answering", [{ score: 0.9, answer: "us-001", start: 15, end: 15 }]],
  ["automatic-speech-recognition", { text: " Hello." }],
  ["automatic-speech-recognition", { text: " Hello.", chunks: [{ text: " Hello.", timestamp: [0, null] }] }],
  ["audio-classification", [label]]
]

/** Adds a member to every object of a response. */
const withUnknown = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(withUnknown)
  }
  return typeof value === "object" && value !== null
    ? {
      ...Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withUnknown(member)])),
      added_later: [null, { deep: 1 }]
    }
    : value
}

const anyRequest = { inputs: "a", parameters: { candidate_labels: ["a"] } } as never

describe("Container.huggingFace", () => {
  it.effect.each(responses)("reads a response of %s and writes it back", ([task, response]) =>
    Effect.gen(function*() {
      const endpoint = Container.huggingFace("model", task)
      const { value } = yield* exchange(response, endpoint.invoke(anyRequest))
      assert.deepStrictEqual(value, response)
      const encoded = yield* Codec.encode(value, endpoint.response as Codec.Codec<unknown>)
      assert.deepStrictEqual(JSON.parse(new TextDecoder().decode(encoded.Body)), response)
    }))

  it.effect("keeps members that its types do not declare", () =>
    Effect.gen(function*() {
      for (const [task, response] of responses) {
        const more = withUnknown(response)
        const { value } = yield* exchange(more, Container.huggingFace("model", task).invoke(anyRequest))
        assert.deepStrictEqual(value, more)
      }
    }))

  it.effect("reads NaN, as Python writes it", () =>
    Effect.gen(function*() {
      const reply = { ...(json([]) as { readonly status: number }), body: "[{\"label\":\"A\",\"score\":NaN}]" }
      const server = yield* scriptedRuntime(reply)
      const response = yield* Container.huggingFace("model", "text-classification").invoke({ inputs: "a" }).pipe(
        Effect.provide(server.layer)
      )
      assert.deepStrictEqual(response, [{ label: "A", score: Number.NaN }])
    }))

  it.effect("sends inputs and parameters as JSON", () =>
    Effect.gen(function*() {
      const request = { inputs: ["a", "b"], parameters: { top_k: null } }
      const endpoint = Container.huggingFace("reviews", "text-classification", { TargetVariant: "blue" })
      const sent = yield* exchange([label, label], endpoint.invoke(request, { InferenceId: "one" }))
      assert.deepStrictEqual(bodyOf(sent.request), request)
      assert.match(sent.request.url, /\/endpoints\/reviews\/invocations$/)
      assert.include(sent.request.headers, {
        "content-type": "application/json",
        accept: "application/json",
        "x-amzn-sagemaker-target-variant": "blue",
        "x-amzn-sagemaker-inference-id": "one"
      })
    }))

  it.effect("can be made in a pipe", () =>
    Effect.gen(function*() {
      const endpoint = pipe("reviews", Container.huggingFace("text-classification", { TargetVariant: "blue" }))
      expectTypeOf(endpoint).toEqualTypeOf<Container.HuggingFaceEndpoint<"text-classification">>()
      assert.strictEqual(endpoint.task, "text-classification")
      const { request } = yield* exchange([label], endpoint.invoke({ inputs: "a" }))
      assert.match(request.url, /\/endpoints\/reviews\/invocations$/)
      assert.strictEqual(request.headers["x-amzn-sagemaker-target-variant"], "blue")
    }))

  it("has types that depend on the task", () => {
    const translate = Container.huggingFace("model", "translation_en_to_de")
    expectTypeOf(translate.invoke({ inputs: "a" })).toEqualTypeOf<
      Effect.Effect<
        Container.HuggingFaceResults<Container.HuggingFaceTranslation>,
        ModelEndpoint.ModelEndpointError,
        SageMakerRuntime.SageMakerRuntime
      >
    >()
    // @ts-expect-error the labels are required
    void Container.huggingFace("model", "zero-shot-classification").invoke({ inputs: "a" })
    // @ts-expect-error the task does not exist
    void Container.huggingFace("model", "text-clasification")
    // @ts-expect-error a question is required
    void Container.huggingFace("model", "question-answering").invoke({ inputs: "a" })
    expectTypeOf([[] as Container.HuggingFaceResults<Container.HuggingFaceLabel>].flat(2)).toEqualTypeOf<
      Array<Container.HuggingFaceLabel>
    >()
  })

  const text = (value: string) => new TextEncoder().encode(value)
  const files: ReadonlyArray<readonly [contentType: string, task: Container.HuggingFaceTask, bytes: Uint8Array]> = [
    ["image/jpeg", "image-classification", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ["image/png", "object-detection", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d)],
    ["image/gif", "image-segmentation", text("GIF89a")],
    ["image/webp", "image-to-text", text("RIFF0000WEBPVP8 ")],
    ["image/tiff", "image-classification", text("II*\0")],
    ["image/tiff", "image-classification", text("MM\0*")],
    ["image/bmp", "image-classification", text("BM6")],
    ["image/x-image", "image-classification", Uint8Array.of(1, 2, 3)],
    ["image/x-image", "image-classification", new Uint8Array()],
    ["audio/wave", "automatic-speech-recognition", text("RIFF0000WAVEfmt ")],
    ["audio/x-flac", "automatic-speech-recognition", text("fLaC")],
    ["audio/ogg", "audio-classification", text("OggS")],
    ["audio/mpeg", "audio-classification", text("ID3")],
    ["audio/mpeg", "audio-classification", Uint8Array.of(0xff, 0xfb, 0x90)],
    ["audio/x-audio", "automatic-speech-recognition", Uint8Array.of(0xff, 0xd8, 0xff)]
  ]
  it.effect.each(files)("sends a file as %s for %s", ([contentType, task, inputs]) =>
    Effect.gen(function*() {
      const endpoint = Container.huggingFace("model", task)
      const { request } = yield* exchange([], endpoint.invoke({ inputs }))
      assert.deepStrictEqual(bytesOf(request), inputs)
      assert.strictEqual(request.headers["content-type"], contentType)
    }))

  it.effect("sends a file with the content type of the request, and of the call", () =>
    Effect.gen(function*() {
      const endpoint = Container.huggingFace("model", "automatic-speech-recognition")
      const request = { inputs: Uint8Array.of(1), contentType: "audio/AMR" }
      const one = yield* exchange({ text: "" }, endpoint.invoke(request))
      assert.strictEqual(one.request.headers["content-type"], "audio/AMR")
      const other = yield* exchange({ text: "" }, endpoint.invoke(request, { ContentType: "audio/webm;codecs=opus" }))
      assert.strictEqual(other.request.headers["content-type"], "audio/webm;codecs=opus")
    }))

  it.effect("sends a file alone", () =>
    Effect.gen(function*() {
      const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d)
      const { request } = yield* exchange([], Container.huggingFace("model", "image-classification").invoke(png))
      assert.deepStrictEqual(bytesOf(request), png)
      assert.strictEqual(request.headers["content-type"], "image/png")
    }))

  it.effect.each([["a text"], [7], [null], [undefined], [Uint8Array.of(1)]])(
    "fails with CodecError for a request that is no object: %s",
    ([request]) =>
      Effect.gen(function*() {
        const server = yield* scriptedRuntime(json([label]))
        const call = Container.huggingFace("model", "text-classification").invoke(request as never)
        const error = yield* Effect.flip(call).pipe(Effect.provide(server.layer))
        assert.include(error, { _tag: "CodecError", direction: "encode" })
        assert.lengthOf(yield* server.requests, 0)
      })
  )

  it.effect("sends a file with parameters as Base64 in JSON", () =>
    Effect.gen(function*() {
      const parameters = { candidate_labels: ["cat", "dog"] }
      const endpoint = Container.huggingFace("model", "zero-shot-image-classification")
      const inputs = Uint8Array.of(0xff, 0xd8, 0xff)
      const { request } = yield* exchange([label], endpoint.invoke({ inputs, contentType: "image/jpeg", parameters }))
      assert.strictEqual(request.headers["content-type"], "application/json")
      assert.deepStrictEqual(bodyOf(request), { inputs: "/9j/", parameters })
    }))

  it.effect("sends bytes inside of JSON as Base64", () =>
    Effect.gen(function*() {
      const inputs = { image: Buffer.from([0xff, 0xd8, 0xff]), question: "What is it?" }
      const endpoint = Container.huggingFace("model", "visual-question-answering")
      const { request } = yield* exchange([{ score: 1, answer: "a cat" }], endpoint.invoke({ inputs }))
      assert.deepStrictEqual(bodyOf(request), { inputs: { image: "/9j/", question: "What is it?" } })
    }))

  it.effect("decodes its own requests, for an emulated container", () =>
    Effect.gen(function*() {
      const { request } = Container.huggingFace("model", "image-classification")
      const file = { inputs: Uint8Array.of(1, 2), contentType: "image/png" }
      assert.deepStrictEqual(yield* Effect.flatMap(Codec.encode(file, request), Codec.decode(request)), file)
      const url = { inputs: "https://example.com/cat.png" }
      assert.deepStrictEqual(yield* Effect.flatMap(Codec.encode(url, request), Codec.decode(request)), url)
    }))

  it.effect("fails with CodecError for a response of another task", () =>
    Effect.gen(function*() {
      for (
        const [task, response] of [
          ["text-classification", [[0.1]]],
          ["feature-extraction", [["a"]]],
          ["automatic-speech-recognition", { texts: "a" }],
          ["token-classification", { error: "loading" }]
        ] as const
      ) {
        const error = yield* Effect.flip(exchange(response, Container.huggingFace("model", task).invoke(anyRequest)))
        assert.strictEqual(error._tag, "CodecError")
      }
    }))

  it.effect("fails with typed errors for hostile values", () =>
    Effect.gen(function*() {
      const server = yield* scriptedRuntime(json([label]))
      for (const [, make] of hostileValues) {
        const value = make()
        const calls = [
          Container.huggingFace("model", "text-classification", value as never).invoke({ inputs: "a" }),
          Container.huggingFace("model", "text-classification").invoke(value as never),
          Container.huggingFace("model", "text-classification").invoke({ inputs: value as never }),
          Container.huggingFace("model", "text-classification").invoke({ inputs: "a", parameters: { a: value } }),
          Container.huggingFace("model", "image-classification").invoke({ inputs: value as never }),
          Container.huggingFace("model", "image-classification").invoke(
            { inputs: Uint8Array.of(1), contentType: value as never }
          )
        ]
        for (const call of calls) {
          const exit = yield* Effect.either(call).pipe(Effect.provide(server.layer))
          assert.notInclude(exit._tag === "Left" ? exit.left.message : "", thrownText)
        }
      }
    }))
})
