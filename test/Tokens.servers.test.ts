import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { SageMakerError, Tokens } from "effect-sagemaker-runtime"
import { bytesOf, decodeChunks } from "./support/chunkBoundaries.ts"
import { toEvents, toLines } from "./support/tokenTranscripts.ts"

const frame = (text: string, dialect: Tokens.Dialect = Tokens.detected) => dialect.frame(Stream.make(bytesOf(text)))

const collect = (text: string) => Tokens.collect(frame(text))

const collectAll = (text: string) => Tokens.collectAll(frame(text))

const textsOf = (completions: ReadonlyArray<Tokens.CollectedCompletion>) => completions.map(({ text }) => text)

describe("A stream of SGLang's /generate", () => {
  interface Event {
    readonly text: string
    /** How many token IDs the event lists. Default: none. */
    readonly ids?: number
    readonly tokens: number
    readonly logprobs?: ReadonlyArray<number>
    readonly end?: string
  }

  const event = ({ end, ids, logprobs, text, tokens }: Event) => ({
    text,
    ...(ids === undefined ? {} : { output_ids: Array.from({ length: ids }, (_, at) => at) }),
    meta_info: {
      id: "1",
      finish_reason: end === undefined ? null : { type: end },
      prompt_tokens: 4,
      completion_tokens: tokens,
      ...(logprobs === undefined ? {} : { output_token_logprobs: logprobs.map((value) => [value, 7, null]) })
    }
  })

  const generated = (...events: ReadonlyArray<Event>) => collect(`${toEvents(events.map(event))}data: [DONE]\n\n`)

  it.effect.each(
    [
      ["the new text, which repeats", [
        { text: "ha", ids: 1, tokens: 1 },
        { text: "ha", ids: 1, tokens: 2 },
        { text: "ha", ids: 1, tokens: 3, end: "stop" }
      ], "hahaha"],
      ["the new text, which is a part of the text before", [
        { text: "hat", ids: 1, tokens: 1 },
        { text: "h", ids: 1, tokens: 2 },
        { text: "at", ids: 1, tokens: 3, end: "stop" }
      ], "hathat"],
      ["the new text and no token IDs", [
        { text: "Deep", tokens: 1 },
        { text: " field", tokens: 2 },
        { text: " field", tokens: 3, end: "stop" }
      ], "Deep field field"],
      ["the whole text, of which the end is a stop sequence", [
        { text: "a", ids: 1, tokens: 1 },
        { text: "a\n", ids: 2, tokens: 2 },
        { text: "a", ids: 3, tokens: 3, end: "stop" }
      ], "a\n"],
      ["the whole text and no token IDs", [
        { text: "a", tokens: 1 },
        { text: "ab", tokens: 2 },
        { text: "ab", tokens: 3 },
        { text: "a", tokens: 4, end: "stop" }
      ], "ab"],
      ["the whole text with new token IDs", [
        { text: "Deep", ids: 1, tokens: 1 },
        { text: "Deep field", ids: 1, tokens: 2 },
        { text: "Deep field", ids: 1, tokens: 3 },
        { text: "Deep field.", ids: 1, tokens: 4, end: "stop" }
      ], "Deep field."],
      ["the whole text, in which a character was incomplete", [
        { text: "ab", ids: 1, tokens: 1 },
        { text: "abc\ufffd", ids: 2, tokens: 2 },
        { text: "abc🙂", ids: 3, tokens: 3, end: "stop" }
      ], "abc\ufffd🙂"],
      ["no text before the first character", [
        { text: "", ids: 1, tokens: 1 },
        { text: "a", ids: 2, tokens: 2 },
        { text: "ab", ids: 3, tokens: 3, end: "length" }
      ], "ab"]
    ] as const
  )(
    "with %s is read once",
    ([, events, text]) => Effect.map(generated(...events), (completion) => assert.strictEqual(completion.text, text))
  )

  it.effect.each(
    [
      ["all tokens so far", [[-1], [-1, -2], [-1, -2]]],
      ["the new tokens", [[-1], [-2], []]]
    ] as const
  )("with the log probabilities of %s has each of them once", ([, [first, second, third]]) =>
    Effect.map(
      generated(
        { text: "a", tokens: 1, logprobs: first },
        { text: "ab", tokens: 2, logprobs: second },
        { text: "ab", tokens: 2, logprobs: third, end: "stop" }
      ),
      ({ logprobs }) => assert.deepStrictEqual(logprobs?.map(({ logprob }) => logprob), [-1, -2])
    ))

  it.effect("has the most likely tokens", () =>
    Effect.gen(function*() {
      const top = [[[-0.5, 7, "a"], [-1, 8, "b"]]]
      const { meta_info, ...rest } = event({ text: "a", tokens: 1, logprobs: [-0.5], end: "stop" })
      const completion = yield* collect(toLines([{ ...rest, meta_info: { ...meta_info, output_top_logprobs: top } }]))
      assert.deepStrictEqual(completion.logprobs, [{
        token: "",
        logprob: -0.5,
        topLogprobs: [{ token: "a", logprob: -0.5 }, { token: "b", logprob: -1 }]
      }])
    }))

  it.effect("has the usage of each choice", () =>
    Effect.gen(function*() {
      const list = [event({ text: "a", tokens: 1, end: "stop" }), event({ text: "bc", tokens: 2, end: "length" })]
      const completions = yield* collectAll(JSON.stringify(list))
      assert.deepStrictEqual(textsOf(completions), ["a", "bc"])
      assert.deepStrictEqual(completions.map(({ usage }) => usage?.outputTokens), [1, 2])
    }))

  it.effect("that the server aborts fails", () =>
    Effect.gen(function*() {
      const aborted = {
        ...event({ text: "a", tokens: 1 }).meta_info,
        finish_reason: { type: "abort", message: "full" }
      }
      const error = yield* Effect.flip(collect(toEvents([event({ text: "a", tokens: 1 }), { meta_info: aborted }])))
      assert.include(error, { _tag: "ModelStreamError", ErrorCode: "abort", OriginalMessage: "full" })
    }))
})

describe("Whole responses in place of a stream", () => {
  const generation = (text: string, generated_tokens: number) => ({
    generated_text: text,
    details: { finish_reason: "length", generated_tokens }
  })
  const completion = (content: string) => ({
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }]
  })

  it.effect.each(
    [
      ["a list", (values: ReadonlyArray<unknown>) => JSON.stringify(values)],
      ["a list over several lines", (values: ReadonlyArray<unknown>) => JSON.stringify(values, undefined, 2)],
      ["lines", toLines],
      ["events", toEvents]
    ] as const
  )("are choices of their own, as %s", ([, write]) =>
    Effect.gen(function*() {
      const generations = yield* collectAll(write([generation("a", 1), generation("b", 2)]))
      assert.deepStrictEqual(textsOf(generations), ["a", "b"])
      assert.deepStrictEqual(generations.map(({ usage }) => usage), [{ outputTokens: 1 }, { outputTokens: 2 }])
      assert.deepStrictEqual(textsOf(yield* collectAll(write([completion("a"), completion("b")]))), ["a", "b"])
    }))

  it.effect("are read if they are large", () =>
    Effect.gen(function*() {
      const count = 150_000
      const texts = yield* collectAll(JSON.stringify({ outputs: Array.from({ length: count }, () => "a") }))
      assert.strictEqual(texts.length, count)
      const tokens = Array.from({ length: count }, () => ({ text: "a", logprob: -1 }))
      const [first] = yield* collectAll(
        JSON.stringify({ generated_text: "a", details: { finish_reason: "length", tokens } })
      )
      assert.strictEqual(first?.logprobs?.length, count)
    }))
})

describe("A chunk of chat completions", () => {
  const chunk = (members: object) => ({
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }],
    ...members
  })

  it.effect.each(
    [
      ["usage of another type", chunk({ usage: "none" })],
      ["counts of another type", chunk({ usage: { prompt_tokens: "4" } })],
      [
        "log probabilities of another type",
        { choices: [{ index: 0, text: "a", finish_reason: "stop", logprobs: [-0.5] }] }
      ]
    ] as const
  )("keeps its text with %s", ([, value]) =>
    Effect.map(collect(toEvents([value])), ({ text, usage }) => {
      assert.strictEqual(text, "a")
      assert.isUndefined(usage)
    }))

  it.effect.each(
    [
      ["no choices", { object: "chat.completion.chunk", usage: { prompt_tokens: 4 } }],
      ["choices that are null", { choices: null, usage: { prompt_tokens: 4 } }]
    ] as const
  )("has usage with %s", ([, value]) =>
    Effect.map(
      collect(toEvents([chunk({}), value])),
      (completion) => assert.deepStrictEqual(completion.usage, { inputTokens: 4 })
    ))

  it.effect("has numbers that JSON does not have", () =>
    Effect.gen(function*() {
      const logprobs =
        `{"tokens":["NaN","b","c"],"token_logprobs":[NaN,-Infinity,Infinity],"note":"say \\"-Infinity\\""}`
      const text = `data: {"choices":[{"index":0,"text":"NaN","finish_reason":"stop","logprobs":${logprobs}}]}\n\n`
      const completion = yield* collect(text)
      assert.strictEqual(completion.text, "NaN")
      assert.deepStrictEqual(completion.logprobs, [
        { token: "NaN", logprob: Number.NaN },
        { token: "b", logprob: -Infinity },
        { token: "c", logprob: Infinity }
      ])
    }))

  it.effect.each([
    ["escaped quotes", "\"\\"],
    ["escaped quotes and a backslash at the end", "\"\\", "\\"]
  ])("rejects unterminated strings in linear time: %s", ([, part = "", end = ""]) =>
    Effect.gen(function*() {
      const start = performance.now()
      const error = yield* Effect.flip(collect(`data: NaN ${part.repeat(200_000)}${end}\n\n`))
      assert.strictEqual(error._tag, "CodecError")
      assert.isBelow(performance.now() - start, 2000)
    }))
})

describe("Tokens with events", () => {
  it.effect("are combined as tokens without events", () =>
    Effect.gen(function*() {
      const events = [
        { choices: [{ index: 0, delta: { role: "assistant" } }] },
        { choices: [{ index: 1, delta: { content: "a" }, finish_reason: "stop" }] },
        { choices: [], usage: { prompt_tokens: 4 } }
      ]
      const bytes = Stream.make(bytesOf(toEvents(events)))
      const plain = yield* Tokens.collectAll(Tokens.openAi.frame(bytes))
      assert.deepStrictEqual(plain.map(({ text, usage }) => [text, usage]), [["a", { inputTokens: 4 }]])
      assert.deepStrictEqual(yield* Tokens.collectAll(Tokens.withEvents(Tokens.openAi).frame(bytes)), plain)
    }))
})

describe("A tool call", () => {
  const calls = (...parts: ReadonlyArray<object>) =>
    Effect.map(
      collect(
        `${toEvents(parts.map((part) => ({ choices: [{ index: 0, delta: { tool_calls: [part] } }] })))}data: [DONE]\n\n`
      ),
      ({ toolCalls }) => toolCalls
    )

  it.effect("is one call if each part has its name, also a last part without arguments", () =>
    Effect.gen(function*() {
      const part = (text: string) => ({ index: 0, function: { name: "weather", arguments: text } })
      const found = yield* calls({ ...part(""), id: "a" }, part("{\"city\":"), part("\"Bern\"}"), part(""))
      assert.deepStrictEqual(found, [{ id: "a", name: "weather", arguments: "{\"city\":\"Bern\"}" }])
    }))

  it.effect("has no empty object before its arguments", () =>
    Effect.gen(function*() {
      const part = (value: unknown) => ({ index: 0, id: "a", function: { name: "weather", arguments: value } })
      const found = yield* calls(part({}), part("{\"city\":"), part("\"Bern\"}"))
      assert.deepStrictEqual(found, [{ id: "a", name: "weather", arguments: "{\"city\":\"Bern\"}" }])
      assert.deepStrictEqual(yield* calls(part({})), [{ id: "a", name: "weather", arguments: "{}" }])
    }))

  it.effect("has the name that grows with each part", () =>
    Effect.gen(function*() {
      const part = (name: string, text: string) => ({ index: 0, id: "a", function: { name, arguments: text } })
      const found = yield* calls(part("get", ""), part("get_weather", ""), part("get_weather", "{}"))
      assert.deepStrictEqual(found, [{ id: "a", name: "get_weather", arguments: "{}" }])
    }))
})

describe("An event of Anthropic's Messages API", () => {
  it.effect("is skipped if its type is new", () =>
    Effect.gen(function*() {
      const events = [
        { type: "message_start", message: { usage: { input_tokens: 3 } } },
        { type: "content_block_fallback", index: 0, reason: "x" },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
        { type: "message_stop" }
      ]
      for (const dialect of [Tokens.anthropic, Tokens.detected]) {
        const completion = yield* Tokens.collect(frame(toEvents(events), dialect))
        assert.deepStrictEqual(completion.usage, { inputTokens: 3, outputTokens: 2 })
        assert.strictEqual(completion.text, "a")
      }
    }))
})

interface Expected {
  readonly code?: string
  readonly status?: number
  readonly text?: string
}

const errors: ReadonlyArray<readonly [server: string, event: unknown, expected: Expected]> = [
  ["LMI", { error: "full", code: 424 }, { status: 424, text: "full" }],
  ["LMI's error_msg", { error_msg: "full" }, { text: "full" }],
  ["LMI's token", { token: { id: -1, text: "", error_msg: "full" } }, { text: "full" }],
  ["LMI's details", { token: { text: "" }, details: { finish_reason: "error" } }, {}],
  ["LMI's chat", { choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }] }, {}],
  [
    "TorchServe",
    { code: 503, type: "InternalServerException", message: "full" },
    { code: "InternalServerException", status: 503, text: "full" }
  ],
  ["FastAPI", { detail: "full" }, { text: "full" }],
  ["FastAPI's validation", { detail: [{ loc: ["body"], msg: "full" }] }, { text: `[{"loc":["body"],"msg":"full"}]` }],
  ["TGI", { error: "full", error_type: "overloaded" }, { code: "overloaded", text: "full" }],
  [
    "vLLM",
    { error: { message: "full", type: "BadRequestError", param: null, code: 400 } },
    { code: "BadRequestError", status: 400, text: "full" }
  ],
  [
    "vLLM with a message that is a list",
    { error: { message: ["full"], type: "BadRequestError", code: 400 } },
    { code: "BadRequestError", status: 400, text: `["full"]` }
  ],
  [
    "Anthropic",
    { type: "error", error: { type: "overloaded_error", message: "full" } },
    { code: "overloaded_error", text: "full" }
  ],
  ["Triton", { error: "full" }, { text: "full" }],
  [
    "a router, in a chunk",
    { error: { code: 502, message: "full" }, choices: [{ index: 0, delta: { content: "" } }] },
    { status: 502, text: "full" }
  ],
  ["MLflow", { error_code: "BAD_REQUEST", message: "full" }, { code: "BAD_REQUEST", text: "full" }],
  ["Flask", { error: true, message: "full" }, { text: "full" }],
  ["a list of errors", { errors: ["full"] }, { text: `["full"]` }],
  [
    "SageMaker",
    { ErrorCode: "CLIENT_ERROR_FROM_MODEL", OriginalStatusCode: 400, OriginalMessage: "full" },
    { code: "CLIENT_ERROR_FROM_MODEL", status: 400, text: "full" }
  ]
]

describe("An error in a stream", () => {
  it.effect.each(
    errors.flatMap(([server, event, expected]) => [
      [`${server}, in an event`, toEvents([event]), expected] as const,
      [`${server}, in a line`, toLines([event]), expected] as const,
      [`${server}, over several lines`, JSON.stringify(event, undefined, 2), expected] as const,
      [`${server}, after tokens`, toEvents([{ text_output: "a" }, event]), expected] as const
    ])
  )("is no token: %s", ([, text, { code, status, text: message }]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Stream.runDrain(frame(text)))
      assert.instanceOf(error, SageMakerError.ModelStreamError)
      assert.deepStrictEqual(
        [error.ErrorCode, error.OriginalStatusCode, error.OriginalMessage],
        [code, status, message]
      )
    }))

  it.effect.each(
    [
      ["text", "event: error\ndata: full\n\n", "full"],
      ["an unknown object", "event: error\ndata: {\"reason\":\"full\"}\n\n", "{\"reason\":\"full\"}"],
      ["a known object", "event: error\ndata: {\"error\":\"full\",\"error_type\":\"x\"}\n\n", "full"]
    ] as const
  )("is an event of type error, whatever its data is: %s", ([, text, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Stream.runDrain(frame(toEvents([{ text_output: "a" }]) + text)))
      assert.include(error, { _tag: "ModelStreamError", OriginalMessage: message })
    }))

  it.effect.each([
    { choices: [{ index: 0, text: "a" }], error: null, detail: "x" },
    { choices: [{ index: 0, text: "a" }], error: "", error_msg: "" },
    { choices: [{ index: 0, text: "a" }], error: false },
    { choices: [{ index: 0, text: "a" }], error: {}, message: "x", code: 1, type: "y" },
    { token: { text: "a", error_msg: "" }, error: null },
    { text_output: "a", error: "" },
    { text: "a", meta_info: { finish_reason: null }, detail: null }
  ])(
    "is not a token with an empty member: %j",
    (event) =>
      Effect.map(decodeChunks(Tokens.detected, [bytesOf(toEvents([event]))]), ({ failure, out }) => {
        assert.isUndefined(failure)
        assert.deepStrictEqual(out, [{ text: "a", index: 0 }])
      })
  )
})

describe("An event that is not valid", () => {
  it.effect.each(
    [
      ["a server-sent event", "data: {\"choices\":5}\n\n", "text/event-stream"],
      ["a line of JSON", "{\"choices\":5}\n", "application/json"]
    ] as const
  )("has an error with the media type of %s", ([, text, mediaType]) =>
    Effect.map(
      Effect.flip(Stream.runDrain(Tokens.detected.frame(Stream.make(bytesOf(text))))),
      (error) => assert.include(error, { _tag: "CodecError", mediaType })
    ))
})
