import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { emulated } from "../examples/emulated.ts"
import { answer, streamAnswer } from "../examples/tool-loop.ts"
import { containers, toolCallingEndpoint } from "./support/toolCallingServers.ts"

const one = "{\"celsius\":21}"
const both = `${one} and {"celsius":14}`

/** The response of the model, and how many tool calls the chat template reads when the results are sent. */
const expectations = [
  ["vLLM", both, { whole: 2, streamed: 2 }],
  ["SGLang", both, { whole: 2, streamed: 2 }],
  ["LMI", both, { whole: 2, streamed: 2 }],
  ["TGI 2.0", one, { whole: 0, streamed: 0 }],
  ["TGI 3.0", one, { whole: 0, streamed: 0 }],
  ["TGI 3.1", one, { whole: 1, streamed: 0 }],
  ["TGI 3.3", both, { whole: 2, streamed: 2 }]
] as const

const question = "How warm is it in Bern and in Oslo?"

describe("Emulated servers that validate messages accept those of Chat.toMessage:", () => {
  it.live.each(expectations)("%s", ([name, expected, calls]) =>
    Effect.suspend(() => {
      const seen: Array<unknown> = []
      return answer("weather", question).pipe(
        Effect.map(({ content }) => assert.deepStrictEqual([content, seen.length], [expected, calls.whole])),
        Effect.provide(emulated(toolCallingEndpoint(containers[name], (rendered) => seen.push(...rendered))))
      )
    }))

  it.live.each(expectations)("%s, streamed", ([name, expected, calls]) =>
    Effect.suspend(() => {
      const seen: Array<unknown> = []
      return streamAnswer("weather", question).pipe(
        Effect.map(({ content }) => assert.deepStrictEqual([content, seen.length], [expected, calls.streamed])),
        Effect.provide(emulated(toolCallingEndpoint(containers[name], (rendered) => seen.push(...rendered))))
      )
    }))
})
