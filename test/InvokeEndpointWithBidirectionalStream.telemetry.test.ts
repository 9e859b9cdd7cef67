import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import {
  type InvokeEndpointWithBidirectionalStream as Bidirectional,
  invokeEndpointWithBidirectionalStream
} from "effect-sagemaker-runtime"
import { utf8 } from "./support/bidirectionalFrames.ts"
import { makeTestMetrics } from "./support/metrics.ts"
import { duplexClient, echoResponse, scriptedDuplex } from "./support/scriptedDuplex.ts"
import { recordingTracer } from "./support/tracer.ts"

const parts: ReadonlyArray<Bidirectional.RequestPart> = [
  { Bytes: utf8("hello"), DataType: "UTF8" },
  { Bytes: utf8("world"), DataType: "UTF8" }
]
const Body = Stream.fromIterable(parts)

const values = new Map([["sagemaker_runtime.in_flight", 0], ["sagemaker_runtime.response.size", 10]])

describe("The telemetry of a bidirectional stream", () => {
  it.effect("has the sizes of both bodies, and lasts until the stream ends", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(echoResponse)
      const metrics = makeTestMetrics()
      const client = duplexClient(server.duplex)
      yield* Effect.scoped(Effect.gen(function*() {
        const output = yield* invokeEndpointWithBidirectionalStream({ EndpointName: "voice", Body })
        const open = yield* metrics.series
        assert.strictEqual(open.find(({ name }) => name === "sagemaker_runtime.in_flight")?.value, 1)
        yield* Stream.runDrain(output.Body)
      })).pipe(Effect.provide(metrics.record()(client)))
      const series = yield* metrics.series
      const sent = (yield* server.bytes).reduce((total, { byteLength }) => total + byteLength, 0)
      for (const [name, expected] of [...values, ["sagemaker_runtime.request.size", sent] as const]) {
        const found = series.filter((each) => each.name === name)
        assert.lengthOf(found, 1, name)
        const value = found[0]?.value
        assert.strictEqual(typeof value === "number" ? value : value?.sum, expected, name)
      }
    }))

  it.effect("has the address of the HTTP/2 endpoint in its span", () =>
    Effect.gen(function*() {
      const server = yield* scriptedDuplex(echoResponse)
      const { layer, spans } = recordingTracer()
      yield* Effect.flatMap(
        invokeEndpointWithBidirectionalStream({ EndpointName: "voice", Body }),
        (output) => Stream.runDrain(output.Body)
      ).pipe(Effect.scoped, Effect.provide(Layer.merge(duplexClient(server.duplex), layer)))
      const call = spans.find(({ name }) => name === "SageMakerRuntime.InvokeEndpointWithBidirectionalStream")
      assert.strictEqual(call?.attributes.get("server.port"), 8443)
      assert.strictEqual(call?.attributes.get("server.address"), "runtime.sagemaker.eu-west-1.amazonaws.com")
      assert.strictEqual(call?.attributes.get("aws.sagemaker.endpoint.name"), "voice")
      assert.strictEqual(call?.exit?._tag, "Success")
    }))
})
