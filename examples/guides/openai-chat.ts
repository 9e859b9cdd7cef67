import { Effect, Layer, Stream } from "effect"
import { BearerToken, ModelEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"

const llama = ModelEndpoint.openAiChat("llama-3-8b")

const request = { messages: [{ role: "user" as const, content: "Why is the sky blue?" }] }

export const answer = llama.invoke(request).pipe(Effect.map(({ choices }) => choices[0]?.message.content))

export const text = llama.stream(request).pipe(Stream.map((token) => token.text), Stream.mkString)

export const live = BearerToken.layer().pipe(Layer.provideMerge(NodeSageMaker.layer()))
