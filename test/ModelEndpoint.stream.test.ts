import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import {
  Codec,
  Framing,
  InvokeEndpointAsync,
  InvokeEndpointWithResponseStream,
  ModelEndpoint,
  type SageMakerRuntime
} from "effect-sagemaker-runtime"
import { MockRuntime } from "effect-sagemaker-runtime/testing"
import { bytesOf } from "./support/chunkBoundaries.ts"

const Progress = Schema.Struct({ done: Schema.Number })
const trainer = ModelEndpoint.make("trainer", {
  request: Codec.csv(Schema.Array(Schema.Struct({ x: Schema.Number }))),
  response: Codec.json(Progress)
})

/** A model that streams these parts and records its requests. */
const responding = (output: { readonly ContentType?: string; readonly parts: ReadonlyArray<string> }) => {
  const calls: Array<InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamInput> = []
  const layer = MockRuntime.layer(
    MockRuntime.on(InvokeEndpointWithResponseStream.operation, (input) => {
      calls.push(input)
      const Body = Stream.map(Stream.fromIterable(output.parts), bytesOf)
      return Effect.succeed({ Body, ...(output.ContentType === undefined ? {} : { ContentType: output.ContentType }) })
    })
  )
  return { calls, layer }
}

const collected = <A, E>(
  stream: Stream.Stream<A, E, SageMakerRuntime.SageMakerRuntime>,
  model: ReturnType<typeof responding>
) => Effect.map(Effect.provide(Stream.runCollect(stream), model.layer), (all) => Array.from(all))

const lines = ["{\"do", "ne\":1}\n{\"done\"", ":2}"]

describe("A typed stream", () => {
  it.effect("encodes the value and decodes the response with its framing", () =>
    Effect.gen(function*() {
      const model = responding({ ContentType: "application/jsonlines", parts: lines })
      const progress = yield* collected(trainer.stream([{ x: 1 }, { x: 2 }], Framing.jsonLines(Progress)), model)
      assert.deepStrictEqual(progress, [{ done: 1 }, { done: 2 }])
      const [{ Body, ...members }] = model.calls as [
        InvokeEndpointWithResponseStream.InvokeEndpointWithResponseStreamInput
      ]
      assert.deepStrictEqual(members, {
        EndpointName: "trainer",
        ContentType: "text/csv",
        Accept: "application/jsonlines"
      })
      assert.deepStrictEqual(Body, bytesOf("1\n2"))
    }))

  it.effect("has the members of the endpoint and the call, and Accept of the framing", () =>
    Effect.gen(function*() {
      const model = responding({ parts: [] })
      const endpoint = ModelEndpoint.make("trainer", {
        request: Codec.text,
        response: Codec.bytes,
        Accept: "image/png",
        TargetVariant: "blue",
        PrefixAwareId: "p"
      })
      yield* collected(endpoint.stream("", Framing.sse, { TargetVariant: "green", InferenceId: undefined }), model)
      assert.deepInclude(model.calls[0], { Accept: "text/event-stream", TargetVariant: "green", PrefixAwareId: "p" })
    }))

  it.effect("fails if the response has another media type", () =>
    Effect.gen(function*() {
      const model = responding({ ContentType: "application/json", parts: ["{\"error\":1}"] })
      const error = yield* Effect.flip(collected(trainer.stream([], Framing.sse), model))
      assert.strictEqual(
        error.message,
        "Cannot decode a payload of media type application/json: expected text/event-stream"
      )
    }))

  it.effect("fails before anything is sent if the value cannot be encoded or a member is not one of a stream", () =>
    Effect.gen(function*() {
      const model = responding({ parts: [] })
      const wrong = yield* Effect.flip(collected(trainer.stream([{ x: "a" } as never], Framing.text), model))
      assert.strictEqual(wrong._tag, "CodecError")
      const multi = ModelEndpoint.make("multi", { request: Codec.text, response: Codec.text, TargetModel: "a.tar.gz" })
      const refused = yield* Effect.flip(collected(multi.stream("", Framing.text), model))
      assert.deepInclude(refused, { _tag: "InvalidInputError", field: "TargetModel" })
      assert.deepStrictEqual(model.calls, [])
    }))
})

describe("An asynchronous inference request", () => {
  const calls: Array<InvokeEndpointAsync.InvokeEndpointAsyncInput> = []
  const queue = MockRuntime.layer(
    MockRuntime.on(InvokeEndpointAsync.operation, (input) => {
      calls.push(input)
      return Effect.succeed({ InferenceId: "i", OutputLocation: "s3://b/out" })
    })
  )

  it.effect("has the encoded value as its body", () =>
    Effect.gen(function*() {
      const { OutputLocation } = yield* trainer.invokeAsync([{ x: 1 }], { Filename: "a.out" })
      assert.strictEqual(OutputLocation, "s3://b/out")
      assert.deepStrictEqual(calls, [{
        EndpointName: "trainer",
        ContentType: "text/csv",
        Accept: "application/json",
        Filename: "a.out",
        Body: bytesOf("1")
      }])
      const routed = ModelEndpoint.make("trainer", { request: Codec.text, response: Codec.text, TargetVariant: "blue" })
      assert.deepInclude(yield* Effect.flip(routed.invokeAsync("")), {
        _tag: "InvalidInputError",
        field: "TargetVariant"
      })
      assert.lengthOf(calls, 1)
    }).pipe(Effect.provide(queue)))
})
