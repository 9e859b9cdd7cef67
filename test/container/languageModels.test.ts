import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { type Codec, Container, type ModelEndpoint, SageMakerRuntime, Signer, Tokens } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { bytesOf } from "../support/chunkBoundaries.ts"

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A client whose endpoint `model` answers every request with one body, and the requests that it received. */
const service = (Body: unknown, ContentType = "application/json") => {
  const requests: Array<{ readonly body: unknown; readonly accept: string | undefined }> = []
  const model = Emulator.endpoint("model", (request) => {
    requests.push({ body: JSON.parse(textOf(request.Body)) as unknown, accept: request.Accept })
    return Effect.succeed({ ContentType, Body: typeof Body === "string" ? Body : JSON.stringify(Body) })
  })
  const layer = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
    Layer.provide([
      Signer.layerAnonymous,
      Emulator.layerHttpClient({ endpoints: [model], credentials: "anonymous" })
    ])
  )
  return { requests, layer }
}

const rewritten = <A>(codec: Codec.Codec<A>, body: unknown) =>
  codec.decode(bytesOf(JSON.stringify(body))).pipe(
    Effect.flatMap(codec.encode),
    Effect.map((encoded): unknown => JSON.parse(textOf(encoded instanceof Uint8Array ? encoded : encoded.body)))
  )

const vllm = Container.vllm("model")
const sglang = Container.sglang("model")
const lmi = Container.lmi("model")
const tgi = Container.tgi("model")

const generation = { generated_text: " upon a time", details: null }

describe("text generation", () => {
  it.effect("invoke sends unknown members, but not those of a stream", () => {
    const { layer, requests } = service([generation])
    return Effect.gen(function*() {
      const response = yield* tgi.generate.invoke({
        inputs: "Once",
        parameters: { max_new_tokens: 4, temperature: null, new_parameter: [1] },
        stream: true,
        new_member: { a: null }
      })
      assert.deepStrictEqual<unknown>(response, [generation])
      assert.deepStrictEqual(requests, [{
        body: {
          inputs: "Once",
          parameters: { max_new_tokens: 4, temperature: null, new_parameter: [1] },
          new_member: { a: null }
        },
        accept: "application/json"
      }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("stream asks for a stream of completions with the usage", () => {
    const { layer, requests } = service(
      `data: {"choices":[{"index":0,"text":" upon","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
      "text/event-stream"
    )
    return Effect.gen(function*() {
      for (const { completions } of [vllm, lmi, tgi]) {
        assert.deepInclude(yield* completions.stream({ prompt: "Once" }).pipe(Tokens.collect), { text: " upon" })
      }
      yield* Stream.runDrain(vllm.completions.stream({ prompt: "Once", stream_options: { include_usage: false } }))
      assert.deepStrictEqual(requests.map(({ accept }) => accept), Array(4).fill("text/event-stream"))
      assert.deepStrictEqual(requests[0]?.body, {
        prompt: "Once",
        stream: true,
        stream_options: { include_usage: true }
      })
      assert.deepStrictEqual(requests[3]?.body, {
        prompt: "Once",
        stream: true,
        stream_options: { include_usage: false }
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("stream of generate sends no stream options", () => {
    const { layer, requests } = service(
      [
        `{"token":{"id":304,"text":"Deep ","log_prob":-0.05}}`,
        `{"token":{"id":5972,"text":"field.","log_prob":-0.69},"generated_text":"Deep field.",` +
        `"details":{"finish_reason":"length","generated_tokens":2,"inputs":"What is it?"}}`
      ].join("\n"),
      "application/jsonlines"
    )
    return Effect.gen(function*() {
      const completion = yield* lmi.generate.stream({ inputs: "What is it?" }).pipe(Tokens.collect)
      assert.deepInclude(completion, { text: "Deep field.", finishReason: "length" })
      assert.deepStrictEqual(requests, [{
        body: { inputs: "What is it?", stream: true },
        accept: "application/jsonlines"
      }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("generate of SGLang streams the new text of each event", () => {
    const { layer, requests } = service(
      [
        { text: " upon", meta_info: { id: "1", finish_reason: null, prompt_tokens: 1, completion_tokens: 1 } },
        {
          text: " upon a time",
          meta_info: { id: "1", finish_reason: { type: "length", length: 3 }, prompt_tokens: 1, completion_tokens: 3 }
        }
      ].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + "data: [DONE]\n\n",
      "text/event-stream"
    )
    return Effect.gen(function*() {
      const request = { text: "Once", sampling_params: { max_new_tokens: 3 } }
      const texts = yield* Stream.runCollect(Stream.map(sglang.generate.stream(request), ({ text }) => text))
      assert.deepStrictEqual([...texts].filter((text) => text !== ""), [" upon", " a time"])
      assert.deepStrictEqual(requests[0]?.body, { ...request, stream: true })
    }).pipe(Effect.provide(layer))
  })

  it.effect("a framing replaces the dialect, options are sent", () => {
    const { layer, requests } = service(
      `{"token":{"text":"a"},"generated_text":"a","details":{"finish_reason":"stop"}}`,
      "application/jsonlines"
    )
    return Effect.gen(function*() {
      const tokens = yield* Stream.runCollect(
        tgi.generate.stream({ inputs: "?" }, Tokens.detected, { Accept: "application/jsonlines" })
      )
      assert.strictEqual([...tokens].map(({ text }) => text).join(""), "a")
      assert.strictEqual(requests[0]?.accept, "application/jsonlines")
    }).pipe(Effect.provide(layer))
  })

  it.effect("invokeWithResponse returns the members of the response", () => {
    const { layer } = service(generation)
    return Effect.gen(function*() {
      const { response, value } = yield* lmi.generate.invokeWithResponse({ inputs: "Once" })
      assert.deepStrictEqual<unknown>(value, generation)
      assert.strictEqual(response.ContentType, "application/json")
    }).pipe(Effect.provide(layer))
  })
})

describe("embeddings", () => {
  it.effect("vLLM has the format of OpenAI", () => {
    const { layer, requests } = service({ object: "list", data: [{ index: 0, embedding: [0.5, 1] }] })
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* vllm.embeddings.embed("Once"), [0.5, 1])
      assert.deepStrictEqual(requests.map(({ body }) => body), [{ input: "Once" }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("LMI has the format of Hugging Face", () => {
    const { layer, requests } = service([0.5, 1])
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* lmi.embeddings.embed("Once"), [0.5, 1])
      assert.deepStrictEqual(requests.map(({ body }) => body), [{ inputs: "Once" }])
    }).pipe(Effect.provide(layer))
  })
})

describe("responses keep every member", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } }
  const list = { id: "id-1", object: "list", created: 1, model: "m", usage, new_member: [null] }

  const responses: ReadonlyArray<readonly [string, Codec.Codec<never>, unknown]> = [
    ["vLLM: completions", vllm.completions.response as never, {
      id: "cmpl-1",
      object: "text_completion",
      created: 1,
      model: "m",
      choices: [{
        index: 0,
        text: " upon",
        logprobs: {
          text_offset: [0, 4],
          token_logprobs: [null, -0.5],
          tokens: ["Once", " upon"],
          top_logprobs: [null, { " upon": -0.5, " more": -1.5 }]
        },
        finish_reason: "stop",
        stop_reason: 128_009,
        token_ids: null,
        prompt_logprobs: [null, { "1": { logprob: -1, rank: 1, decoded_token: "a" } }]
      }],
      service_tier: null,
      system_fingerprint: null,
      usage,
      kv_transfer_params: null
    }],
    ["vLLM: classify", vllm.classify.response as never, {
      ...list,
      data: [
        { index: 0, label: "positive", probs: [0.1, 0.9], num_classes: 2 },
        { index: 1, label: null, probs: [null, 1], num_classes: 2, new_member: 1 }
      ]
    }],
    ["vLLM: score", vllm.score.response as never, { ...list, data: [{ index: 0, object: "score", score: 0.5 }] }],
    ["vLLM: rerank", vllm.rerank.response as never, {
      id: "rerank-1",
      model: "m",
      usage: { total_tokens: 12 },
      results: [
        { index: 1, document: { text: "a", multi_modal: null }, relevance_score: 0.9 },
        { index: 0, document: { text: null, multi_modal: [{ type: "image_url" }] }, relevance_score: 0.1 }
      ]
    }],
    ["vLLM: pooling of tokens", vllm.pooling.response as never, {
      ...list,
      data: [{ index: 0, object: "pooling", data: [[0.1, null], [0.3, 0.4]] }]
    }],
    ["vLLM: pooling of texts", vllm.pooling.response as never, {
      ...list,
      data: [{ index: 0, object: "pooling", data: [0.1, 0.2] }, { index: 1, object: "pooling", data: "AACAPw==" }]
    }],
    ["SGLang: generate", sglang.generate.response as never, [{
      text: " upon a time",
      output_ids: [1, 2],
      meta_info: {
        id: "1",
        finish_reason: { type: "stop", matched: 2 },
        prompt_tokens: 1,
        completion_tokens: 3,
        cached_tokens: 0,
        e2e_latency: 0.1,
        weight_version: "default",
        output_token_logprobs: [[-0.1, 1, null]]
      }
    }]],
    ["LMI: an error during generation", lmi.generate.response as never, {
      generated_text: "",
      details: { finish_reason: "error", generated_tokens: null, inputs: null, tokens: null }
    }],
    ["LMI: dynamic batching", lmi.generate.response as never, [{ generated_text: "a" }, { generated_text: "b" }]],
    ["LMI: the misspelt member of its documentation", lmi.generate.response as never, {
      generated_text: "a",
      details: {
        "finish reason": "length",
        generated_tokens: 1,
        inputs: "?",
        tokens: [{ id: 304, text: "Deep ", log_prob: -0.05, special_token: false }],
        best_of_sequences: [{ generated_text: "b", finish_reason: "length", generated_tokens: 1, tokens: [] }]
      }
    }],
    ["TGI: best_of and top_n_tokens", tgi.generate.response as never, [{
      generated_text: "a",
      details: {
        finish_reason: "length",
        generated_tokens: 1,
        seed: 7,
        prefill: [{ id: 1, text: "<s>", logprob: null }],
        tokens: [{ id: 5, text: "a", logprob: -1, special: false, new_member: true }],
        top_tokens: [[{ id: 5, text: "a", logprob: -1, special: false }, {
          id: 6,
          text: "b",
          logprob: -2,
          special: false
        }]],
        best_of_sequences: [{
          generated_text: "b",
          finish_reason: "length",
          generated_tokens: 1,
          seed: null,
          prefill: [],
          tokens: [],
          top_tokens: [[]]
        }]
      }
    }]]
  ]

  it.effect.each(responses)(
    "%s",
    ([, codec, body]) => Effect.map(rewritten(codec, body), (written) => assert.deepStrictEqual(written, body))
  )
})

describe("requests keep every member", () => {
  const requests: ReadonlyArray<readonly [string, Codec.Codec<never>, unknown]> = [
    ["token IDs", vllm.completions.request as never, { prompt: [[1, 2], [3]], guided_choice: ["a"] }],
    ["messages to classify", vllm.classify.request as never, { messages: [{ role: "user", content: "?" }], user: "u" }],
    ["texts to score", vllm.score.request as never, { text_1: "a", text_2: ["b", "c"], new_member: 1 }],
    ["images to score", vllm.score.request as never, {
      data_1: "a",
      data_2: { content: [{ type: "image_url", image_url: { url: "data:," } }] }
    }],
    ["documents to rerank", vllm.rerank.request as never, { query: "a", documents: ["b"], top_n: 1, new_member: 1 }],
    ["a pooling task", vllm.pooling.request as never, { input: "a", task: "token_embed", encoding_format: "base64" }],
    ["a batch of texts", sglang.generate.request as never, {
      text: ["a", "b"],
      sampling_params: [{ temperature: 0, new_parameter: 1 }, {}],
      lora_path: [null, "a"]
    }],
    ["adapters", lmi.generate.request as never, { inputs: ["a"], adapters: ["b"], parameters: { stop: "c" } }],
    ["a grammar", tgi.generate.request as never, {
      inputs: "a",
      parameters: { grammar: { type: "json", value: { properties: {} } }, adapter_id: null }
    }]
  ]

  it.effect.each(requests)(
    "%s",
    ([, codec, body]) => Effect.map(rewritten(codec, body), (written) => assert.deepStrictEqual(written, body))
  )
})

describe("invalid options and requests", () => {
  const { layer } = service(generation)

  const throwing = () =>
    Object.defineProperty({}, "TargetVariant", {
      enumerable: true,
      get: () => {
        throw new Error("not readable")
      }
    })

  type Call = Effect.Effect<
    unknown,
    ModelEndpoint.ModelEndpointError | ModelEndpoint.ModelEndpointStreamError,
    SageMakerRuntime.SageMakerRuntime
  >

  const calls = (options: ModelEndpoint.ModelEndpointOptions): ReadonlyArray<Call> => {
    const [v, s, l, t] = [
      Container.vllm("model", options),
      Container.sglang("model", options),
      Container.lmi("model", options),
      Container.tgi("model", options)
    ]
    return [
      v.chat.invoke({ messages: [] }),
      v.completions.invoke({ prompt: "?" }),
      Stream.runDrain(v.completions.stream({ prompt: "?" })),
      v.embeddings.embed("?"),
      v.rerank.invoke({ query: "?", documents: [] }),
      s.generate.invoke({ text: "?" }),
      l.generate.invokeAsync({ inputs: "?" }),
      Stream.runDrain(t.generate.stream({ inputs: "?" }))
    ]
  }

  const invalidOptions: ReadonlyArray<readonly [string, () => unknown]> = [
    ["with a getter that throws", throwing],
    ["that are a list", () => []],
    ["that are text", () => "TargetVariant"],
    ["that are a number", () => 7]
  ]

  it.effect.each(invalidOptions)("options %s fail every call", ([, options]) =>
    Effect.gen(function*() {
      for (const call of calls(options() as never)) {
        assert.strictEqual((yield* Effect.flip(call))._tag, "InvalidInputError")
      }
    }).pipe(Effect.provide(layer)))

  it.effect.each([null, undefined])("the options %s are empty", (options) =>
    Effect.gen(function*() {
      const text = yield* Container.lmi("model", options as never).generate.invoke({ inputs: "?" })
      assert.deepStrictEqual<unknown>(text, generation)
    }).pipe(Effect.provide(layer)))

  const invalidRequests: ReadonlyArray<readonly [string, () => unknown]> = [
    ["with a getter that throws", throwing],
    ["that is null", () => null],
    ["that is text", () => "?"],
    ["with a number as its input", () => ({ inputs: 7 })]
  ]

  it.effect.each(invalidRequests)("a request %s fails", ([, request]) =>
    Effect.gen(function*() {
      const { generate } = Container.tgi("model")
      const failures = [
        yield* Effect.flip(generate.invoke(request() as never)),
        yield* Effect.flip(Stream.runDrain(generate.stream(request() as never))),
        yield* Effect.flip(generate.invokeAsync(request() as never))
      ]
      assert.deepStrictEqual(failures.map(({ _tag }) => _tag), ["CodecError", "CodecError", "CodecError"])
    }).pipe(Effect.provide(layer)))

  it.effect("the options are sent with every call, those of a call override them", () => {
    const variants: Array<string | undefined> = []
    const model = Emulator.endpoint("model", ({ TargetVariant }) => {
      variants.push(TargetVariant)
      return Effect.succeed({ ContentType: "application/json", Body: JSON.stringify(generation) })
    })
    const { generate } = Container.lmi("model", { TargetVariant: "a" })
    return Effect.gen(function*() {
      yield* generate.invoke({ inputs: "?" })
      yield* generate.invoke({ inputs: "?" }, { TargetVariant: "b" })
      assert.deepStrictEqual(variants, ["a", "b"])
      assert.strictEqual(generate.defaults.TargetVariant, "a")
    }).pipe(Effect.provide(
      SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
        Layer.provide([
          Signer.layerAnonymous,
          Emulator.layerHttpClient({ endpoints: [model], credentials: "anonymous" })
        ])
      )
    ))
  })

  it.effect("an error in place of a response fails with CodecError that has the body", () => {
    const refused = service({ error: "out of memory", code: 424 })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Container.lmi("model").generate.invoke({ inputs: "?" }))
      assert.strictEqual(error._tag, "CodecError")
      assert.strictEqual(
        error._tag === "CodecError" && textOf(error.body as Uint8Array),
        `{"error":"out of memory","code":424}`
      )
    }).pipe(Effect.provide(refused.layer))
  })
})
