import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { SageMakerError, Tokens } from "effect-sagemaker-runtime"
import { bytesOf } from "./support/chunkBoundaries.ts"

const events = (...data: ReadonlyArray<unknown>) =>
  data.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("")

const framed = (text: string, dialect: Tokens.Dialect = Tokens.detected) => dialect.frame(Stream.make(bytesOf(text)))

const callChunk = (tool_calls: unknown, finish_reason: string | null = null, index = 0) => ({
  choices: [{ index, delta: { tool_calls }, finish_reason }]
})

const weather = "{\"city\":\"Bern\"}"
const time = "{\"zone\":\"CET\"}"

interface Quirk {
  readonly what: string
  readonly chunks: ReadonlyArray<unknown>
  readonly calls: ReadonlyArray<Tokens.ToolCall>
}

const two = [{ id: "a", name: "weather", arguments: weather }, { id: "b", name: "time", arguments: time }]

const quirks: ReadonlyArray<Quirk> = [
  {
    what: "a name after the first part of the arguments",
    chunks: [
      callChunk([{ index: 0, function: { arguments: weather.slice(0, 4) } }]),
      callChunk([{ index: 0, id: "a", function: { name: "weather", arguments: weather.slice(4) } }])
    ],
    calls: [{ id: "a", name: "weather", arguments: weather }]
  },
  {
    what: "parallel calls with the same index",
    chunks: [
      callChunk([{ index: 0, id: "a", function: { name: "weather", arguments: "" } }]),
      callChunk([{ index: 0, function: { arguments: weather } }]),
      callChunk([{ index: 0, id: "b", function: { name: "time", arguments: "" } }]),
      callChunk([{ index: 0, function: { arguments: time } }])
    ],
    calls: two
  },
  {
    what: "parallel calls with the same index in one chunk",
    chunks: [
      callChunk([
        { index: 0, id: "a", function: { name: "weather", arguments: weather } },
        { index: 0, id: "b", function: { name: "time", arguments: time } }
      ])
    ],
    calls: two
  },
  {
    what: "one ID and one index for calls of different tools",
    chunks: [
      callChunk([
        { index: 0, id: "a", function: { name: "now", arguments: "{}" } },
        { index: 0, id: "a", function: { name: "weather", arguments: weather.slice(0, 4) } }
      ]),
      callChunk([{ index: 0, id: "a", function: { arguments: weather.slice(4) } }])
    ],
    calls: [{ id: "a", name: "now", arguments: "{}" }, { id: "a", name: "weather", arguments: weather }]
  },
  {
    what: "empty IDs and names in later parts",
    chunks: [
      callChunk([{ index: 0, id: "a", function: { name: "weather", arguments: "" } }]),
      callChunk([{ index: 0, id: "", function: { name: "", arguments: weather } }]),
      callChunk([{ index: 1, id: "b", function: { name: "time", arguments: time } }])
    ],
    calls: two
  },
  {
    what: "the ID and the name in every part",
    chunks: [
      callChunk([{ index: 0, id: "a", function: { name: "weather", arguments: "{\"city\":" } }]),
      callChunk([{ index: 0, id: "a", function: { name: "weather", arguments: "\"Bern\"}" } }]),
      callChunk([{ index: 1, id: "b", function: { name: "time", arguments: time } }])
    ],
    calls: two
  },
  {
    what: "a new ID with every part",
    chunks: [
      callChunk([{ index: 0, id: "a", function: { name: "weather", arguments: "{\"city\":" } }]),
      callChunk([{ index: 0, id: "x", function: { arguments: "\"Bern\"}" } }]),
      callChunk([{ index: 1, id: "b", function: { name: "time", arguments: time } }])
    ],
    calls: two
  },
  {
    what: "no index",
    chunks: [
      callChunk([{ id: "a", function: { name: "weather", arguments: weather } }]),
      callChunk([{ id: "b", function: { name: "time", arguments: time } }])
    ],
    calls: two
  },
  {
    what: "no index and no ID",
    chunks: [
      callChunk([{ function: { name: "weather", arguments: weather } }]),
      callChunk([{ function: { name: "weather", arguments: time } }])
    ],
    calls: [{ name: "weather", arguments: weather }, { name: "weather", arguments: time }]
  },
  {
    what: "one object in place of a list",
    chunks: [
      callChunk({ index: 0, id: "", type: "function", function: { name: "weather", arguments: "{\"city\":" } }),
      callChunk({ index: 0, id: "", type: "function", function: { name: null, arguments: "\"Bern\"}" } })
    ],
    calls: [{ name: "weather", arguments: weather }]
  },
  {
    what: "numeric IDs and arguments as an object",
    chunks: [callChunk([{ index: 0, id: 0, function: { name: "weather", arguments: { city: "Bern" } } }])],
    calls: [{ id: "0", name: "weather", arguments: weather }]
  },
  {
    what: "the ID in a later part",
    chunks: [
      callChunk([{ index: 0, function: { name: "weather", arguments: "" } }]),
      callChunk([{ index: 0, id: "a", function: { arguments: weather } }])
    ],
    calls: [{ id: "a", name: "weather", arguments: weather }]
  },
  {
    what: "the name in parts",
    chunks: [
      callChunk([{ index: 0, id: "a", function: { name: "wea" } }]),
      callChunk([{ index: 0, function: { name: "ther", arguments: weather } }])
    ],
    calls: [{ id: "a", name: "weather", arguments: weather }]
  },
  {
    what: "an end token after the arguments",
    chunks: [
      callChunk({ index: 0, id: "", function: { name: "weather", arguments: weather } }),
      callChunk({ index: 0, id: "", function: { name: null, arguments: "<|eot_id|>" } }, "eos_token")
    ],
    calls: [{ name: "weather", arguments: weather }]
  },
  {
    what: "the name inside of the arguments",
    chunks: [
      callChunk({ index: 0, id: "", function: { name: null, arguments: "{\"function\": {\"_name\": \"weather\"," } }),
      callChunk({ index: 0, id: "", function: { name: null, arguments: " \"city\": \"Bern\"}}" } }),
      callChunk({ index: 0, id: "", function: { name: null, arguments: "</s>" } }, "eos_token")
    ],
    calls: [{ name: "weather", arguments: weather }]
  },
  {
    what: "the legacy function_call",
    chunks: [
      { choices: [{ index: 0, delta: { function_call: { name: "weather", arguments: "" } }, finish_reason: null }] },
      { choices: [{ index: 0, delta: { function_call: { arguments: weather } }, finish_reason: "function_call" }] }
    ],
    calls: [{ name: "weather", arguments: weather }]
  },
  {
    what: "no arguments",
    chunks: [callChunk([{ index: 0, id: "a", function: { name: "now", arguments: "" } }])],
    calls: [{ id: "a", name: "now", arguments: "" }]
  },
  {
    what: "an end token in place of a call",
    chunks: [callChunk({ index: 0, id: "", function: { name: null, arguments: "</s>" } }, "eos_token")],
    calls: []
  }
]

describe("Tool calls with", () => {
  it.effect.each(quirks)("$what come out whole", ({ calls, chunks }) =>
    Effect.gen(function*() {
      const { toolCalls } = yield* Tokens.collect(framed(events(...chunks, "[DONE]")))
      assert.deepStrictEqual(toolCalls, [...calls])
    }))

  it.effect.each(quirks)("$what have one index per call", ({ calls, chunks }) =>
    Effect.gen(function*() {
      const tokens = yield* Stream.runCollect(framed(events(...chunks, "[DONE]")))
      const indexes = new Set(Array.from(tokens).flatMap(({ toolCalls = [] }) => toolCalls.map(({ index }) => index)))
      assert.strictEqual(indexes.size, calls.length)
    }))

  it.effect("a new ID in tokens that were made by hand", () =>
    Effect.gen(function*() {
      const part = (toolCalls: ReadonlyArray<Tokens.ToolCallPart>): Tokens.Token => ({ text: "", index: 0, toolCalls })
      const { toolCalls } = yield* Tokens.collect(
        Stream.make(
          part([{ index: 0, id: "a", name: "weather", arguments: weather }]),
          part([{ index: 0, id: "b", name: "time", arguments: "" }]),
          part([{ index: 0, id: "", name: "", arguments: time }])
        ),
        { allowIncomplete: true }
      )
      assert.deepStrictEqual(toolCalls, two)
    }))
})

const complete: ReadonlyArray<readonly [string, string]> = [
  ["a finish reason", events({ choices: [{ index: 0, text: "a", finish_reason: "stop" }] })],
  ["[DONE]", events({ choices: [{ index: 0, text: "a" }] }, "[DONE]")],
  ["TGI's generated_text", events({ token: { text: "a" }, generated_text: "a", details: null })],
  ["LMI's generated_text", "{\"token\":{\"text\":\"a\"}}\n{\"generated_text\":\"a\"}\n"],
  ["message_stop", events({ type: "content_block_delta", delta: { text: "a" } }, { type: "message_stop" })],
  ["the end of Triton's stream", events({ text_output: "a" })],
  ["the end of lines with outputs", "{\"outputs\":[\"a\"]}\n"],
  [
    "a whole completion",
    "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"}}]}"
  ],
  ["a whole generation", "{\"generated_text\":\"a\"}"]
]

const partial: ReadonlyArray<readonly [string, string]> = [
  ["no event", ""],
  ["OpenAI's chunks", events({ choices: [{ index: 0, text: "a", finish_reason: null }] })],
  ["TGI's tokens", events({ token: { text: "a" }, generated_text: null, details: null })],
  ["LMI's lines", "{\"token\":{\"text\":\"a\"}}\n"],
  ["SGLang's events", events({ text: "a", meta_info: { finish_reason: null } })],
  ["Anthropic's events", events({ type: "content_block_delta", delta: { text: "a" } })]
]

describe("A stream that ends", () => {
  it.effect.each(complete)("with %s is complete", ([, text]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Tokens.collect(framed(text))).text, "a")
      assert.deepStrictEqual((yield* Tokens.collectAll(framed(text))).map((each) => each.text), ["a"])
    }))

  it.effect.each(complete)(
    "with %s is complete through operators and a replaced context",
    ([, text]) =>
      Effect.gen(function*() {
        const tokens = framed(text).pipe(
          Stream.map((token) => ({ ...token })),
          Stream.buffer({ capacity: 4 }),
          Stream.provideContext(yield* Effect.context<never>())
        )
        assert.strictEqual((yield* Tokens.collect(tokens)).text, "a")
      })
  )

  it.effect.each(partial)("after %s is incomplete", ([, text]) =>
    Effect.gen(function*() {
      const expected = text === "" ? "" : "a"
      for (
        const error of [
          yield* Effect.flip(Tokens.collect(framed(text))),
          yield* Effect.flip(Tokens.collectAll(framed(text)))
        ]
      ) {
        assert.instanceOf(error, SageMakerError.ModelStreamError)
        assert.strictEqual(error.ErrorCode, "IncompleteStream")
      }
      assert.strictEqual((yield* Tokens.collect(framed(text), { allowIncomplete: true })).text, expected)
      const all = yield* framed(text).pipe(Tokens.collectAll({ allowIncomplete: true }))
      assert.deepStrictEqual(all.map((each) => each.text), text === "" ? [] : ["a"])
    }))

  it.effect("early, because the caller takes some tokens only, is incomplete", () =>
    Effect.gen(function*() {
      const text = events({ choices: [{ text: "a" }] }, { choices: [{ text: "b" }] }, "[DONE]")
      const error = yield* Effect.flip(framed(text).pipe(Stream.take(1), Tokens.collect))
      assert.include(error, { ErrorCode: "IncompleteStream" })
    }))

  it.effect("without the end of another stream in the same program is incomplete", () =>
    Effect.gen(function*() {
      yield* Tokens.collect(framed(events({ choices: [{ text: "a" }] }, "[DONE]")))
      const error = yield* Effect.flip(Tokens.collect(framed(events({ choices: [{ text: "a" }] }))))
      assert.include(error, { ErrorCode: "IncompleteStream" })
    }))

  it.effect("with one incomplete choice fails for all choices, but not for the other choice", () =>
    Effect.gen(function*() {
      const text = events({ choices: [{ index: 1, text: "b", finish_reason: "stop" }, { index: 0, text: "a" }] })
      assert.strictEqual((yield* framed(text).pipe(Tokens.collect({ choice: 1 }))).text, "b")
      assert.include(yield* Effect.flip(Tokens.collectAll(framed(text))), { ErrorCode: "IncompleteStream" })
      const all = yield* Tokens.collectAll(framed(text), { allowIncomplete: true })
      assert.deepStrictEqual(all.map((each) => each.text), ["a", "b"])
    }))
})

describe("A very large event", () => {
  const many = Array.from({ length: 50_000 }, (_, at) => at)

  it.effect.each([
    ["choices", { choices: many.map((index) => ({ index, text: "a", finish_reason: "stop" })) }],
    [
      "log probabilities",
      { choices: [{ index: 0, text: "a", finish_reason: "stop", logprobs: { tokens: many.map(String) } }] }
    ],
    [
      "tool calls with the same index",
      callChunk(many.map((at) => ({ index: 0, id: `${at}`, function: { name: "f" } })), "stop")
    ],
    ["tool calls without an ID", callChunk(many.map((index) => ({ index, function: { name: "f" } })), "stop")]
  ])(
    "of %s is read in linear time, without a defect",
    ([, event]) => Effect.map(Tokens.collectAll(framed(events(event))), (all) => assert.isNotEmpty(all))
  )
})

describe("Tokens.withEvents", () => {
  it.effect("keeps every event, also one without content", () =>
    Effect.gen(function*() {
      const chunks = [
        { id: "1", choices: [{ index: 0, delta: { role: "assistant" } }], system_fingerprint: "x" },
        { id: "1", choices: [{ index: 0, delta: { content: "a", extra: 1 } }] }
      ]
      const tokens = yield* Stream.runCollect(
        Tokens.withEvents(Tokens.openAi).frame(Stream.make(bytesOf(events(...chunks))))
      )
      assert.deepStrictEqual(Array.from(tokens), [
        { text: "", index: 0, event: chunks[0] },
        { text: "a", index: 0, event: chunks[1] }
      ])
    }))

  it.effect("accepts a custom dialect", () =>
    Effect.gen(function*() {
      const custom: Tokens.Dialect = { frame: () => Stream.make({ text: "a", index: 0 }) }
      const tokens = yield* Stream.runCollect(Tokens.withEvents(custom).frame(Stream.empty))
      assert.deepStrictEqual(Array.from(tokens), [{ text: "a", index: 0, event: undefined }])
    }))
})
