/** The calls that the fuzz tests make. */
import { Duration, Effect, Schema, Stream } from "effect"
import {
  Codec,
  Framing,
  invokeEndpoint,
  invokeEndpointAsync,
  invokeEndpointWithResponseStream,
  ModelEndpoint,
  type SageMakerRuntime,
  Session,
  streamEndpoint,
  Tokens
} from "effect-sagemaker-runtime"
import { canaries } from "./canaries.ts"

type Call = Effect.Effect<unknown, { readonly _tag: string }, SageMakerRuntime.SageMakerRuntime>

const input = {
  EndpointName: "fuzz",
  ContentType: "text/plain",
  Body: canaries.body,
  CustomAttributes: canaries.attributes
}

const model = <A>(response: Codec.Codec<A>) =>
  ModelEndpoint.make("fuzz", { request: Codec.text, response, CustomAttributes: canaries.attributes })

const Row = Schema.Struct({ a: Schema.NumberFromString, b: Schema.String })

const chat = ModelEndpoint.chat("fuzz", { CustomAttributes: canaries.attributes })

const request = { messages: [{ role: "user" as const, content: canaries.body }] }

/** Each call by name. */
export const calls: { readonly [name: string]: Call } = {
  invoke: invokeEndpoint(input),
  async: invokeEndpointAsync({ ...input, InputLocation: undefined }),
  stream: Stream.runDrain(streamEndpoint(input)),
  "stream, left early": Stream.runDrain(Stream.take(streamEndpoint(input), 1)),
  "stream, interrupted": Stream.runDrain(streamEndpoint(input)).pipe(Effect.timeoutOption(Duration.millis(20))),
  "stream with response": Effect.scoped(
    Effect.flatMap(invokeEndpointWithResponseStream(input), ({ Body }) => Stream.runDrain(Body))
  ),
  json: model(Codec.json(Schema.Record({ key: Schema.String, value: Schema.Unknown }))).invoke(canaries.body),
  csv: model(Codec.csv(Row)).invoke(canaries.body),
  jsonLines: model(Codec.jsonLines(Schema.Unknown)).invoke(canaries.body),
  npy: model(Codec.npy).invoke(canaries.body),
  lines: Stream.runDrain(model(Codec.text).stream(canaries.body, Framing.lines)),
  sse: Stream.runDrain(model(Codec.text).stream(canaries.body, Framing.sse)),
  chat: chat.invoke(request),
  tokens: Tokens.collect(chat.stream(request)),
  session: Effect.scoped(
    Effect.flatMap(
      Session.make(chat, { open: canaries.body, close: canaries.body, closeTimeout: "300 millis" }),
      (_) => _.invoke(request)
    )
  )
}
