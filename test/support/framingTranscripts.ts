import { Schema } from "effect"
import { Framing, Tokens } from "effect-sagemaker-runtime"
import { bytesOf } from "./chunkBoundaries.ts"

const Progress = Schema.Struct({ n: Schema.Number, word: Schema.String })

/** Streams of bytes, and the elements that a framing decodes from them for any chunk boundaries. */
export const transcripts: ReadonlyArray<{
  readonly framing: Framing.Framing<unknown, { readonly message: string }>
  readonly what: string
  readonly long: string | Uint8Array
  readonly short: string | Uint8Array
  readonly out: ReadonlyArray<unknown>
  readonly failure?: RegExp
}> = [
  {
    framing: Framing.lines,
    what: "lines with LF, CRLF, blanks, a lone CR and a last one without an end",
    long: "première\r\n\n日本語の行\r\n\r\nа\rб\n🙂 last",
    short: "é\r\n\n🙂\r\nz",
    out: ["première", "", "日本語の行", "", "а\rб", "🙂 last"]
  },
  {
    framing: Framing.lines,
    what: "lines up to bytes that are no UTF-8",
    long: Uint8Array.of(...bytesOf("good\nbe"), 0xff, ...bytesOf("d\nnever")),
    short: Uint8Array.of(...bytesOf("a\n"), 0xc3, 0x28),
    out: ["good"],
    failure: /invalid UTF-8$/
  },
  {
    framing: Framing.jsonLines(Progress),
    what: "lines of JSON, some of them blank",
    long: `{"n":1,"word":"naïve"}\r\n\r\n  \n{ "n": 2, "word": "日本\\n" }\n{"n":3,"word":"🙂"}`,
    short: `{"n":1,"word":"é"}\r\n\n{"n":2,"word":"🙂"}`,
    out: [{ n: 1, word: "naïve" }, { n: 2, word: "日本\n" }, { n: 3, word: "🙂" }]
  },
  {
    framing: Framing.jsonLines(Progress),
    what: "lines of JSON up to one that does not fit",
    long: `{"n":1,"word":"a"}\n{"n":"x","word":"b"}\n{"n":3,"word":"c"}\n`,
    short: `{"n":1,"word":"a"}\n[]\n`,
    out: [{ n: 1, word: "a" }],
    failure: /n: expected number, found string$/
  },
  {
    framing: Framing.sse,
    what: "events with a mark, comments, ids, several data lines, every line end and no blank line at the end",
    long:
      "\ufeffid: 7\r\nevent: greeting\r\ndata: schöner\r\ndata: Tag\r\n\r\n: nothing\n\ndata:日本\n\nretry: 5\rdata: {\r\rdata\n\ndata: end 🙂",
    short: "\ufeffdata: é\r\n\r\ndata:a\r\rdata:🙂",
    out: [
      { id: "7", event: "greeting", data: "schöner\nTag" },
      { data: "日本" },
      { data: "{" },
      { data: "" },
      { data: "end 🙂" }
    ]
  },
  {
    framing: Framing.sseJson(Progress),
    what: "events of JSON up to [DONE]",
    long:
      `data: {"n":1,"word":"é"}\r\n\r\n: ping\r\n\r\ndata: {"n":2,\ndata: "word":"🙂"}\n\ndata: [DONE]\n\ndata: never\n\n`,
    short: `data:{"n":1,"word":"é"}\n\ndata: [DONE]\n\nx`,
    out: [{ n: 1, word: "é" }, { n: 2, word: "🙂" }]
  },
  {
    framing: Tokens.detected,
    what: "tokens in events",
    long:
      `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\r\n\r\ndata: {"choices":[{"index":0,"delta":{"content":"Grüß"}}]}\r\n\r\ndata: {"choices":[{"index":0,"delta":{"content":" 🙂"},"finish_reason":"stop"}]}\r\n\r\ndata: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\r\n\r\ndata: [DONE]\r\n\r\n`,
    short: `data:{"choices":[{"text":"é"}]}\n\ndata:[DONE]\n\n`,
    out: [
      { text: "Grüß", index: 0 },
      { text: " 🙂", index: 0, finishReason: "stop", rawFinishReason: "stop" },
      { text: "", index: 0, usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } }
    ]
  },
  {
    framing: Tokens.detected,
    what: "tokens in lines of JSON",
    long:
      `{"token": {"id": 1, "text": "Grüß", "log_prob": -0.5}}\n{"token": {"id": 2, "text": "🙂", "log_prob": -1}, "generated_text": "Grüß🙂", "details": {"finish_reason": "eos_token", "generated_tokens": 2}}`,
    short: `{"outputs":["é"]}\n{"outputs":["🙂"]}`,
    out: [
      { text: "Grüß", index: 0, logprob: -0.5 },
      {
        text: "🙂",
        index: 0,
        logprob: -1,
        finishReason: "stop",
        rawFinishReason: "eos_token",
        usage: { outputTokens: 2 }
      }
    ]
  }
]
