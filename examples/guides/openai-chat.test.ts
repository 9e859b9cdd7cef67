import { assert, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { BearerToken, OpenAiRoute } from "effect-sagemaker-runtime"
import { NodeEmulator, NodeSageMaker } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { answer, text } from "./openai-chat.ts"

const completion = `{"object":"chat.completion","choices":[
  {"index":0,"message":{"role":"assistant","content":"It scatters light."},"finish_reason":"stop"}]}`

const events = [
  `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"It scatters "}}]}\n\n`,
  `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"light."},"finish_reason":"stop"}]}\n\n`,
  "data: [DONE]\n\n"
]

const llama = Emulator.endpoint("llama-3-8b", ({ Body }) => {
  const { stream } = JSON.parse(new TextDecoder().decode(Body)) as { readonly stream?: boolean }
  return Effect.succeed(stream === true ? Stream.fromIterable(events) : completion)
})

const region = "eu-west-1"

const client = Layer.unwrapEffect(
  Effect.map(
    NodeEmulator.NodeEmulator,
    ({ url }) => NodeSageMaker.layer({ region, endpoint: url, credentials: Emulator.credentials })
  )
)

const emulator = BearerToken.layer().pipe(
  Layer.provideMerge(client),
  Layer.provideMerge(NodeEmulator.layer({ region, endpoints: [llama] }))
)

it.live("answers, as a whole and as a stream", () =>
  Effect.gen(function*() {
    assert.strictEqual(yield* answer, "It scatters light.")
    assert.strictEqual(yield* text, "It scatters light.")
  }).pipe(Effect.provide(emulator)))

it.live("accepts the requests of another client", () =>
  Effect.gen(function*() {
    const { url } = yield* NodeEmulator.NodeEmulator
    const { baseURL, fetch } = yield* OpenAiRoute.make("llama-3-8b", { endpoint: url })
    const response = yield* Effect.promise(() =>
      fetch(`${baseURL}/chat/completions`, { method: "POST", body: `{"model":"","messages":[]}` })
    )
    assert.strictEqual(response.status, 200)
  }).pipe(Effect.provide(emulator)))
