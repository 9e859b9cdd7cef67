import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Stream } from "effect"
import { SageMakerError, Tokens } from "effect-sagemaker-runtime"
import { inspect } from "node:util"
import { bytesOf, decodeChunks } from "./support/chunkBoundaries.ts"

const events = (...data: ReadonlyArray<unknown>) =>
  data.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("")

const lines = (...values: ReadonlyArray<unknown>) => values.map((value) => `${JSON.stringify(value)}\n`).join("")

const read = (dialect: Tokens.Dialect, text: string) => decodeChunks(dialect, [bytesOf(text)])

const chatChunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_764_000_000,
  model: "llama",
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  usage: null
})

/** The stream of each server, from its documentation, with the expected tokens. */
const transcripts: ReadonlyArray<{
  readonly what: string
  readonly dialect: Tokens.Dialect
  readonly text: string
  readonly tokens: ReadonlyArray<Tokens.Token>
}> = [
  {
    what: "vLLM's chat completions",
    dialect: Tokens.openAi,
    text: events(
      chatChunk({ role: "assistant", content: "" }),
      chatChunk({ reasoning_content: "hm" }),
      chatChunk({ content: "Hel" }),
      chatChunk({ content: "lo" }),
      chatChunk({}, "length"),
      { ...chatChunk({}), choices: [], usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 } },
      "[DONE]"
    ),
    tokens: [
      { text: "", index: 0, reasoning: "hm" },
      { text: "Hel", index: 0 },
      { text: "lo", index: 0 },
      { text: "", index: 0, finishReason: "length", rawFinishReason: "length" },
      { text: "", index: 0, usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6 } }
    ]
  },
  {
    what: "LMI's chat completions, in lines",
    dialect: Tokens.openAi,
    text: lines(chatChunk({ role: "assistant", content: " Oh" }), chatChunk({ content: "!" }, "eos_token")),
    tokens: [{ text: " Oh", index: 0 }, { text: "!", index: 0, finishReason: "stop", rawFinishReason: "eos_token" }]
  },
  {
    what: "OpenAI's completions, of several choices",
    dialect: Tokens.openAi,
    text: events(
      { object: "text_completion", choices: [{ index: 0, text: "a", finish_reason: null }, { index: 1, text: "b" }] },
      { object: "text_completion", choices: [{ index: 1, text: "", finish_reason: "content_filter" }] },
      "[DONE]"
    ),
    tokens: [{ text: "a", index: 0 }, { text: "b", index: 1 }, {
      text: "",
      index: 1,
      finishReason: "content_filter",
      rawFinishReason: "content_filter"
    }]
  },
  {
    what: "calls of tools, in parts",
    dialect: Tokens.openAi,
    text: events(
      chatChunk({
        role: "assistant",
        content: null,
        tool_calls: [{ index: 0, id: "call-1", type: "function", function: { name: "weather", arguments: "" } }]
      }),
      chatChunk({ tool_calls: [{ index: 0, function: { arguments: "{\"city\":" } }] }),
      chatChunk({ tool_calls: [{ index: 0, function: { arguments: "\"Bern\"}" } }] }, "tool_calls"),
      "[DONE]"
    ),
    tokens: [
      { text: "", index: 0, toolCalls: [{ index: 0, id: "call-1", name: "weather", arguments: "" }] },
      { text: "", index: 0, toolCalls: [{ index: 0, arguments: "{\"city\":" }] },
      {
        text: "",
        index: 0,
        toolCalls: [{ index: 0, arguments: "\"Bern\"}" }],
        finishReason: "tool_calls",
        rawFinishReason: "tool_calls"
      }
    ]
  },
  {
    what: "TGI's generate_stream",
    dialect: Tokens.tgi,
    text: events(
      {
        index: 1,
        token: { id: 5, text: "Deep", logprob: -0.5, special: false },
        generated_text: null,
        details: null
      },
      {
        index: 2,
        token: { id: 2, text: "</s>", logprob: -0.1, special: true },
        generated_text: "Deep",
        details: { finish_reason: "eos_token", generated_tokens: 2, input_length: 3, seed: null }
      }
    ).replaceAll("data: ", "data:"),
    tokens: [
      { text: "Deep", index: 0, logprob: -0.5 },
      {
        text: "",
        index: 0,
        finishReason: "stop",
        rawFinishReason: "eos_token",
        usage: { inputTokens: 3, outputTokens: 2 }
      }
    ]
  },
  {
    what: "LMI's lines",
    dialect: Tokens.lmi,
    text: lines(
      { token: { id: 304, text: "Deep ", log_prob: -0.05 } },
      {
        token: { id: 5972, text: " field.", log_prob: -0.7 },
        generated_text: "Deep  field.",
        details: { finish_reason: "length", generated_tokens: 100, inputs: "What?" }
      }
    ),
    tokens: [
      { text: "Deep ", index: 0, logprob: -0.05 },
      {
        text: " field.",
        index: 0,
        logprob: -0.7,
        finishReason: "length",
        rawFinishReason: "length",
        usage: { outputTokens: 100 }
      }
    ]
  },
  {
    what: "LMI's lines without rolling batches",
    dialect: Tokens.lmi,
    text: lines({ outputs: ["This"] }, { outputs: [" is"] }),
    tokens: [{ text: "This", index: 0 }, { text: " is", index: 0 }]
  },
  {
    what: "SGLang's /generate with the whole text so far",
    dialect: Tokens.sglang,
    text: events(
      { text: "Deep", meta_info: { id: "1", finish_reason: null, prompt_tokens: 3, completion_tokens: 1 } },
      { text: "Deep field", meta_info: { id: "1", finish_reason: null, prompt_tokens: 3, completion_tokens: 2 } },
      {
        text: "Deep field",
        meta_info: {
          id: "1",
          finish_reason: { type: "length", length: 2 },
          prompt_tokens: 3,
          completion_tokens: 2,
          cached_tokens: 1
        }
      },
      "[DONE]"
    ),
    tokens: [
      { text: "Deep", index: 0 },
      { text: " field", index: 0 },
      {
        text: "",
        index: 0,
        finishReason: "length",
        rawFinishReason: "length",
        usage: { inputTokens: 3, outputTokens: 2, cachedInputTokens: 1 }
      }
    ]
  },
  {
    what: "SGLang's /generate with the new text only, of two choices",
    dialect: Tokens.sglang,
    text: events(
      { text: "ab", index: 0, meta_info: { finish_reason: null } },
      { text: "x", index: 1, meta_info: { finish_reason: null } },
      { text: "c", index: 0, meta_info: { finish_reason: { type: "stop", matched: 2 } } },
      { text: "yz", index: 1, meta_info: { finish_reason: "stop" } }
    ),
    tokens: [
      { text: "ab", index: 0 },
      { text: "x", index: 1 },
      { text: "c", index: 0, finishReason: "stop", rawFinishReason: "stop" },
      { text: "yz", index: 1, finishReason: "stop", rawFinishReason: "stop" }
    ]
  },
  {
    what: "Triton's generate_stream",
    dialect: Tokens.triton,
    text: events(
      { model_name: "ensemble", model_version: "1", sequence_end: false, text_output: "Deep" },
      { model_name: "ensemble", model_version: "1", sequence_end: false, text_output: " field" }
    ),
    tokens: [{ text: "Deep", index: 0 }, { text: " field", index: 0 }]
  },
  {
    what: "Anthropic's messages",
    dialect: Tokens.anthropic,
    text: [
      { type: "message_start", message: { content: [], usage: { input_tokens: 9, output_tokens: 1 } } },
      { type: "ping" },
      { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "hm" } },
      { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "x" } },
      { type: "content_block_stop", index: 0 },
      { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Hi" } },
      {
        type: "content_block_start",
        index: 2,
        content_block: { type: "server_tool_use", id: "s", name: "search", input: {} }
      },
      { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: "{}" } },
      {
        type: "content_block_start",
        index: 3,
        content_block: { type: "tool_use", id: "t", name: "weather", input: {} }
      },
      { type: "content_block_delta", index: 3, delta: { type: "input_json_delta", partial_json: "{\"city\":" } },
      { type: "content_block_delta", index: 3, delta: { type: "input_json_delta", partial_json: "\"Bern\"}" } },
      {
        type: "message_delta",
        delta: { stop_reason: "tool_use" },
        usage: { output_tokens: 7, cache_read_input_tokens: 4 }
      },
      { type: "message_stop" }
    ].map((event) => `event: ${event.type}\n${events(event)}`).join(""),
    tokens: [
      { text: "", index: 0, reasoning: "hm" },
      { text: "Hi", index: 0 },
      { text: "", index: 0, toolCalls: [{ index: 0, id: "t", name: "weather", arguments: "" }] },
      { text: "", index: 0, toolCalls: [{ index: 0, arguments: "{\"city\":" }] },
      { text: "", index: 0, toolCalls: [{ index: 0, arguments: "\"Bern\"}" }] },
      {
        text: "",
        index: 0,
        finishReason: "tool_calls",
        rawFinishReason: "tool_use",
        usage: { inputTokens: 9, outputTokens: 7, cachedInputTokens: 4 }
      }
    ]
  },
  {
    what: "a whole chat completion in place of a stream, over several lines",
    dialect: Tokens.openAi,
    text: JSON.stringify(
      {
        object: "chat.completion",
        choices: [{
          index: 0,
          message: {
            role: "assistant",
            content: "Hi",
            reasoning: "hm",
            refusal: null,
            tool_calls: [{ id: 0, type: "function", function: { name: "weather", arguments: { city: "Bern" } } }]
          },
          finish_reason: "tool_calls"
        }],
        usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6, prompt_tokens_details: { cached_tokens: 3 } }
      },
      null,
      2
    ),
    tokens: [
      {
        text: "Hi",
        index: 0,
        reasoning: "hm",
        toolCalls: [{ index: 0, id: "0", name: "weather", arguments: "{\"city\":\"Bern\"}" }],
        finishReason: "tool_calls",
        rawFinishReason: "tool_calls"
      },
      { text: "", index: 0, usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6, cachedInputTokens: 3 } }
    ]
  },
  {
    what: "a list of generations in place of a stream",
    dialect: Tokens.tgi,
    text: JSON.stringify([{ generated_text: "Deep" }, {
      generated_text: "Field",
      details: { finish_reason: "length" }
    }]),
    tokens: [
      { text: "Deep", index: 0 },
      { text: "Field", index: 1, finishReason: "length", rawFinishReason: "length" }
    ]
  },
  {
    what: "the last line of LMI that repeats the text",
    dialect: Tokens.lmi,
    text: lines({ token: { id: 1, text: "Deep", log_prob: -1 } }, { generated_text: "Deep" }),
    tokens: [{ text: "Deep", index: 0, logprob: -1 }]
  },
  {
    what: "log probabilities of chat completions",
    dialect: Tokens.openAi,
    text: events({
      choices: [{
        index: 0,
        delta: { content: "Hi" },
        logprobs: {
          content: [{
            token: "Hi",
            logprob: -0.5,
            bytes: [72, 105],
            top_logprobs: [{ token: "Ho", logprob: -2, bytes: null }]
          }]
        }
      }]
    }),
    tokens: [{
      text: "Hi",
      index: 0,
      logprob: -0.5,
      logprobs: [{ token: "Hi", logprob: -0.5, bytes: [72, 105], topLogprobs: [{ token: "Ho", logprob: -2 }] }]
    }]
  },
  {
    what: "log probabilities of completions",
    dialect: Tokens.openAi,
    text: events({
      choices: [{
        index: 0,
        text: "Hi you",
        logprobs: { tokens: ["Hi", " you"], token_logprobs: [null, -1], top_logprobs: [null, { " all": -3 }] }
      }]
    }),
    tokens: [{
      text: "Hi you",
      index: 0,
      logprobs: [{ token: "Hi" }, { token: " you", logprob: -1, topLogprobs: [{ token: " all", logprob: -3 }] }]
    }]
  },
  {
    what: "a refusal",
    dialect: Tokens.openAi,
    text: events(chatChunk({ refusal: "No" }), chatChunk({ refusal: "." }, "stop")),
    tokens: [
      { text: "", index: 0, refusal: "No" },
      { text: "", index: 0, refusal: ".", finishReason: "stop", rawFinishReason: "stop" }
    ]
  },
  {
    what: "content in parts, with Mistral's reasoning",
    dialect: Tokens.openAi,
    text: events(
      chatChunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      chatChunk({ content: [{ type: "text", text: "Hi" }] })
    ),
    tokens: [{ text: "", index: 0, reasoning: "hm" }, { text: "Hi", index: 0 }]
  },
  {
    what: "LMI's tokens, as events",
    dialect: Tokens.lmi,
    text: events({ token: { id: 304, text: "Deep ", log_prob: -0.05 } }),
    tokens: [{ text: "Deep ", index: 0, logprob: -0.05 }]
  }
]

describe.each(transcripts)("$what", ({ dialect, text, tokens }) => {
  it.effect("is decoded by its own dialect", () =>
    Effect.map(
      read(dialect, text),
      (result) => assert.deepStrictEqual(result, { out: [...tokens], failure: undefined })
    ))

  it.effect("is recognized by Tokens.detected", () =>
    Effect.map(
      read(Tokens.detected, text),
      (result) => assert.deepStrictEqual(result, { out: [...tokens], failure: undefined })
    ))
})

const secret = "hunter2 in the prompt"

const errors: ReadonlyArray<{
  readonly what: string
  readonly text: string
  readonly code?: string
  readonly status?: number
  readonly silent?: boolean
}> = [
  {
    what: "vLLM's object",
    text: events({ error: { object: "error", message: secret, type: "BadRequestError", param: null, code: 400 } }),
    code: "BadRequestError",
    status: 400
  },
  {
    what: "vLLM's older object",
    text: events({ object: "error", message: secret, type: "InternalServerError", param: null, code: 500 }),
    code: "InternalServerError",
    status: 500
  },
  {
    what: "OpenAI's object",
    text: events({ error: { message: secret, type: null, code: "rate_limit_exceeded" } }),
    code: "rate_limit_exceeded"
  },
  {
    what: "TGI's event",
    text: `event: error\n${events({ error: secret, error_type: "generation" })}`,
    code: "generation"
  },
  { what: "LMI's line", text: lines({ error: secret, code: 424 }), status: 424 },
  { what: "LMI's message", text: lines({ error_msg: secret }) },
  { what: "LMI's token", text: lines({ token: { text: "", error_msg: secret } }) },
  {
    what: "TorchServe's object",
    text: lines({ code: 507, type: "InternalServerException", message: secret }),
    code: "InternalServerException",
    status: 507
  },
  { what: "FastAPI's detail", text: lines({ detail: secret }) },
  { what: "Triton's object", text: lines({ error: secret }) },
  {
    what: "Anthropic's event",
    text: `event: error\n${events({ type: "error", error: { type: "overloaded_error", message: secret } })}`,
    code: "overloaded_error"
  },
  {
    what: "SGLang's aborted request",
    text: events({ text: "", meta_info: { finish_reason: { type: "abort", message: secret, status_code: 400 } } }),
    code: "abort",
    status: 400
  },
  {
    what: "the finish reason error",
    text: events({ choices: [{ index: 0, delta: {}, finish_reason: "error" }] }),
    silent: true
  },
  {
    what: "LMI's last line",
    text: lines({
      token: { id: -1, text: "", log_prob: -1, special_token: true },
      generated_text: "",
      details: { finish_reason: "error", generated_tokens: null, inputs: null }
    }),
    silent: true
  }
]

const failure = (dialect: Tokens.Dialect, text: string) =>
  Effect.flip(Stream.runDrain(dialect.frame(Stream.make(bytesOf(text)))))

describe("A finish reason", () => {
  it.effect.each(["constructor", "__proto__", "toString", "brand_new"])(
    "that is not known is other: %s",
    (reason) =>
      Effect.map(
        read(Tokens.openAi, events({ choices: [{ index: 0, text: "a", finish_reason: reason }] })),
        ({ out }) =>
          assert.deepStrictEqual(out, [{ text: "a", index: 0, finishReason: "other", rawFinishReason: reason }])
      )
  )
})

describe("An error that a model writes into its stream", () => {
  it.effect.each(errors)("is a ModelStreamError: $what", ({ code, silent, status, text }) =>
    Effect.gen(function*() {
      const error = yield* failure(Tokens.detected, text)
      assert.instanceOf(error, SageMakerError.ModelStreamError)
      assert.deepStrictEqual(
        [error.ErrorCode, error.OriginalStatusCode, error.OriginalMessage, error.retry],
        [code, status, silent === true ? undefined : secret, "never"]
      )
      const said = [code, status].filter((_) => _ !== undefined)
      assert.strictEqual(
        error.message,
        `The model reported an error in the response stream${said.length === 0 ? "" : ` (${said.join(", ")})`}`
      )
      for (
        const printed of [
          inspect(error, { depth: 9, showHidden: true }),
          JSON.stringify(error),
          Cause.pretty(Cause.fail(error))
        ]
      ) {
        assert.notInclude(printed, "hunter2")
      }
    }))

  it.effect.each(errors)("follows the tokens before it: $what", ({ text }) =>
    Effect.gen(function*() {
      const before = text.startsWith("{") ? lines({ outputs: ["a"] }) : events({ choices: [{ text: "a" }] })
      const { failure, out } = yield* read(Tokens.detected, before + text)
      assert.deepStrictEqual(out, [{ text: "a", index: 0 }])
      assert.include(failure ?? "", "The model reported an error")
    }))

  it.effect("has no ErrorCode if its code is not a valid name", () =>
    Effect.map(failure(Tokens.openAi, events({ error: { message: "", type: secret } })), (error) => {
      assert.strictEqual(error.message, "The model reported an error in the response stream")
    }))
})

describe("An invalid token", () => {
  it.effect.each(
    [
      [
        "a dialect other than the named one",
        Tokens.tgi,
        events({ choices: [{ text: secret }] }),
        /^Cannot decode an event of the stream as a TGI token: expected an object with one of: token, generated_text$/
      ],
      [
        "an unknown object",
        Tokens.detected,
        events({ tokens: [secret] }),
        /expected an object with one of: choices, token, meta_info, text_output, generated_text, outputs, type$/
      ],
      ["no JSON", Tokens.detected, events(secret), /invalid JSON$/],
      [
        "a member of another type",
        Tokens.openAi,
        events({ choices: [{ delta: { content: 5, name: secret } }] }),
        /choices\.0\.delta/
      ],
      [
        "a list",
        Tokens.detected,
        lines([secret]),
        /expected an object with one of: choices, token, meta_info, text_output, generated_text, outputs, type$/
      ],
      [
        "an HTML page",
        Tokens.detected,
        `<html>\n${secret}</html>`,
        /^Cannot decode the stream as text\/event-stream: a line is not a field of a server-sent event$/
      ]
    ] as const
  )("fails with CodecError: %s", ([, dialect, text, problem]) =>
    Effect.gen(function*() {
      const error = yield* failure(dialect, text)
      assert.instanceOf(error, SageMakerError.CodecError)
      assert.match(error.message, problem)
      assert.notInclude(inspect(error, { showHidden: true, depth: 9 }), "hunter2")
    }))
})

describe("Tokens.collect", () => {
  const collected = (text: string, choice?: number) =>
    Tokens.collect(Tokens.detected.frame(Stream.make(bytesOf(text))), choice)

  it.effect.each(
    [
      ["a message", transcripts[0]!.text, {
        text: "Hello",
        reasoning: "hm",
        toolCalls: [],
        finishReason: "length",
        rawFinishReason: "length",
        usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6 }
      }],
      ["a tool call", transcripts[3]!.text, {
        text: "",
        reasoning: "",
        toolCalls: [{ id: "call-1", name: "weather", arguments: "{\"city\":\"Bern\"}" }],
        finishReason: "tool_calls",
        rawFinishReason: "tool_calls"
      }],
      ["nothing", events("[DONE]"), { text: "", reasoning: "", toolCalls: [] }]
    ] as const
  )(
    "gives %s",
    ([, text, completion]) =>
      Effect.map(collected(text), (whole) => assert.deepStrictEqual(whole as unknown, completion))
  )

  it.effect("collect the given choice, data-first and in a pipe", () =>
    Effect.gen(function*() {
      const stream = Tokens.detected.frame(Stream.make(bytesOf(transcripts[2]!.text)))
      const second = {
        text: "b",
        reasoning: "",
        toolCalls: [],
        finishReason: "content_filter",
        rawFinishReason: "content_filter"
      } as const
      assert.deepStrictEqual(yield* Tokens.collect(stream, 1), second)
      assert.deepStrictEqual(yield* stream.pipe(Tokens.collect(1)), second)
      const first = yield* Tokens.collect(stream)
      assert.strictEqual(first.text, "a")
      assert.deepStrictEqual(yield* stream.pipe(Tokens.collect), first)
      assert.deepStrictEqual(yield* stream.pipe(Tokens.collect()), first)
    }))

  it.effect("separates tool calls by index and id", () =>
    Effect.gen(function*() {
      const part = (index: number, name: string) => ({ index, id: name, function: { name, arguments: name } })
      const text = events(
        chatChunk({ tool_calls: [part(2_000_000_000, "b"), part(0, "a")] }),
        chatChunk({ tool_calls: [{ function: { arguments: "!" } }] }),
        "[DONE]"
      )
      const { toolCalls } = yield* collected(text)
      assert.deepStrictEqual(toolCalls, [{ id: "b", name: "b", arguments: "b" }, {
        id: "a",
        name: "a",
        arguments: "a!"
      }])
    }))

  it.effect("does not share state between streams", () =>
    Effect.gen(function*() {
      const completion = collected(transcripts[3]!.text)
      assert.deepStrictEqual(yield* completion, yield* completion)
    }))
})
