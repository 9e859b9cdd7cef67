import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schema, Stream } from "effect"
import { Chat, Codec, Container, ModelEndpoint, SageMakerRuntime, Signer, Tokens } from "effect-sagemaker-runtime"
import { Emulator } from "effect-sagemaker-runtime/testing"
import { hostileValues, thrownText } from "./support/hostileValues.ts"

const client = SageMakerRuntime.layer({ region: "eu-west-1" }).pipe(
  Layer.provide([
    Signer.layerAnonymous,
    Emulator.layerHttpClient({
      endpoints: [Emulator.endpoint("a", () => Effect.succeed({ ContentType: "application/json", Body: "{}" }))],
      credentials: "anonymous"
    })
  ])
)

type Call = Effect.Effect<unknown, unknown, SageMakerRuntime.SageMakerRuntime>

const Empty = Schema.Struct({})
const tensor = { name: "x", datatype: "INT64" } as const
const chat = ModelEndpoint.chat("a")
const vllm = Container.vllm("a")
const triton = Container.triton("a")
const regression = Container.xgboost("a", "reg:squarederror")

/** Each call receives a value of any type where it expects another one. */
const calls: ReadonlyArray<readonly [string, (value: never) => Call]> = [
  ["a schema of structured output", (value) => chat.object(value, { messages: [] })],
  ["a request of structured output", (value) => chat.object(Empty, value)],
  ["a tool call", (value) => Chat.decodeArguments(value, Empty)],
  ["the function of a tool call", (value) => Chat.decodeArguments({ function: value }, Empty)],
  ["the options of collect", (value) => Tokens.collect(Stream.empty, value)],
  ["the options of collectAll", (value) => Tokens.collectAll(Stream.empty, value)],
  ["the options of a preset", (value) => Container.vllm("a", value).chat.invoke({ messages: [] })],
  ["the name of a preset", (value) => Container.vllm(value).chat.invoke({ messages: [] })],
  ["a chat request", (value) => vllm.chat.invoke(value)],
  ["a streamed chat request", (value) => Stream.runDrain(vllm.chat.stream(value))],
  ["a request for completions", (value) => vllm.completions.invoke(value)],
  ["a generation request", (value) => Container.tgi("a").generate.invoke(value)],
  ["a text to embed", (value) => ModelEndpoint.embeddings("a").embed(value)],
  ["texts to embed", (value) => ModelEndpoint.embeddings("a").embedMany(value)],
  ["the options of embeddings", (value) => ModelEndpoint.embeddings("a", value).embed("x")],
  ["a request for a ranking", (value) => Container.tei("a").rerank(value)],
  ["a tensor request", (value) => triton.infer(value)],
  ["input tensors", (value) => triton.infer({ inputs: value })],
  ["the data of a tensor", (value) => triton.infer({ inputs: [{ ...tensor, data: [value] }] })],
  ["the shape of a tensor", (value) => triton.infer({ inputs: [{ ...tensor, data: [1], shape: value }] })],
  ["a TensorFlow request", (value) => Container.tensorFlow("a").predict(value)],
  ["an MLflow request", (value) => Container.mlflow("a").predict(value)],
  ["rows of XGBoost", (value) => regression.invoke(value)],
  ["a row of XGBoost", (value) => regression.invoke([value])],
  ["rows of LIBSVM", (value) => Codec.encode(value, Codec.libsvm)],
  ["a file", (value) => Container.huggingFace("a", "image-classification").invoke(value)]
]

describe("A value of any type", () => {
  it.effect.each(calls)(
    "as %s is accepted or fails with a typed error, never with a defect",
    ([, call]) =>
      Effect.forEach(hostileValues, ([what, make]) =>
        Effect.gen(function*() {
          const exit = yield* Effect.exit(Effect.suspend(() => call(make() as never)))
          if (Exit.isFailure(exit)) {
            assert.isFalse(Cause.isDie(exit.cause), `${what}: ${Cause.pretty(exit.cause)}`)
            assert.notInclude(Cause.pretty(exit.cause), thrownText)
          }
        })).pipe(Effect.provide(client))
  )
})
