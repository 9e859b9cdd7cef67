/** The endpoints that the examples call, on the emulator, and the environment that selects them. */
import { Effect, ManagedRuntime, Stream } from "effect"
import { NodeEmulator } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { voiceContainer } from "../../examples/voice-container.ts"
import { exampleCredentials } from "./nodeConfiguration.ts"

const chunk = (content: string, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`

const reply = [chunk("Hello"), chunk(" you"), chunk("", "stop"), "data: [DONE]\n\n"]

export interface ExampleModels {
  readonly env: { readonly [name: string]: string }
  /** The number of streams that lost their reader. */
  readonly left: () => number
  /** The highest number of calls of `anomaly-v2` at the same time. */
  readonly mostConcurrent: () => number
  readonly close: () => Promise<void>
}

/** `llama-3-8b` streams a reply; a question with "wait" gets one token, and with "fail" an error. */
export const startExampleModels = async (): Promise<ExampleModels> => {
  let left = 0
  let [concurrent, mostConcurrent] = [0, 0]
  const score = (body: string) => {
    const { cpu } = JSON.parse(body) as { readonly cpu: number }
    return cpu > 1
      ? Effect.fail("cpu is above 1")
      : Effect.succeed({ ContentType: "application/json", Body: "{\"score\":0.9}" })
  }
  const endpoints = [
    Emulator.endpoint("anomaly-v2", ({ Body }) =>
      Effect.suspend(() => {
        mostConcurrent = Math.max(mostConcurrent, ++concurrent)
        return Effect.andThen(Effect.sleep(20), score(new TextDecoder().decode(Body)))
      }).pipe(Effect.ensuring(Effect.sync(() => concurrent--)))),
    Emulator.endpoint("llama-3-8b", ({ Body }) => {
      const question = new TextDecoder().decode(Body)
      if (question.includes("fail")) {
        return Effect.fail("out of memory")
      }
      return Effect.succeed(
        question.includes("wait")
          ? Stream.concat(Stream.make(reply[0]!), Stream.never).pipe(Stream.ensuring(Effect.sync(() => left++)))
          : Stream.fromIterable(reply)
      )
    }),
    Emulator.endpoint("story", () => Effect.succeed(Stream.make("Once ", "upon a time"))),
    voiceContainer
  ]
  const emulator = ManagedRuntime.make(NodeEmulator.layer({ credentials: exampleCredentials, endpoints }))
  const { url } = await emulator.runPromise(NodeEmulator.NodeEmulator)
  return {
    env: {
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: exampleCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: exampleCredentials.secretAccessKey
    },
    left: () => left,
    mostConcurrent: () => mostConcurrent,
    close: () => emulator.dispose()
  }
}
