import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ModelEndpoint, SageMakerRuntime } from "effect-sagemaker-runtime"
import { emulated } from "./emulated.ts"
import { containers, toolCallingEndpoint } from "./tool-loop-containers.ts"
import { ask, askStreaming } from "./tool-loop.ts"

const both = "{\"city\":\"Bern\",\"celsius\":12} and {\"city\":\"Lisbon\",\"celsius\":21}"
const one = "{\"city\":\"Bern\",\"celsius\":12}"

const expectations = [
  ["vLLM", both, 2],
  ["SGLang", both, 2],
  ["LMI", both, 2],
  ["TGI 2.0", one, 0],
  ["TGI 3.0", one, 0],
  ["TGI 3.1", one, 1],
  ["TGI 3.3", both, 2]
] as const

type Loop = (question: string) => Effect.Effect<
  Effect.Effect.Success<ReturnType<typeof ask>>,
  ModelEndpoint.ModelEndpointError | ModelEndpoint.ModelEndpointStreamError,
  SageMakerRuntime.SageMakerRuntime
>

const loops: ReadonlyArray<readonly [string, Loop]> = [["whole", ask], ["streamed", askStreaming]]

describe.each(loops)("A tool loop with %s completions", (kind, loop) => {
  it.live.each(expectations)("runs over %s", ([name, answer, rendered]) =>
    Effect.suspend(() => {
      const calls: Array<unknown> = []
      return loop("How warm is it in Bern and in Lisbon?").pipe(
        Effect.map((messages) => {
          assert.strictEqual(messages.at(-1)?.content, answer)
          assert.strictEqual(calls.length, kind === "streamed" && name === "TGI 3.1" ? 0 : rendered)
        }),
        Effect.provide(emulated(toolCallingEndpoint(containers[name], (seen) => calls.push(...seen))))
      )
    }))
})
