/** This client with its default layer for Node. */
import { Effect, Layer, ManagedRuntime, Stream } from "effect"
import { invokeEndpoint, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { credentials, region } from "./settings.js"

export const name = "effect-sagemaker-runtime"

const ContentType = "application/octet-stream"

const repeat = (count, concurrency, effect) => {
  let left = count
  const loop = Effect.whileLoop({ while: () => left-- > 0, body: () => effect, step: () => {} })
  return Effect.forEach(Array.from({ length: Math.min(count, concurrency) }), () => loop, {
    concurrency: "unbounded",
    discard: true
  })
}

export const make = (url) => makeWith({ region, endpoint: url, credentials, http: { proxy: false } })

export const makeWith = (options, extraLayer = Layer.empty) => {
  const runtime = ManagedRuntime.make(Layer.merge(NodeSageMaker.layer(options), extraLayer))
  return {
    close: () => runtime.dispose(),
    calls: (count, concurrency, Body, onDone) => {
      const call = invokeEndpoint({ EndpointName: "bench", ContentType, Body })
      const timed = Effect.suspend(() => {
        const start = performance.now()
        return Effect.flatMap(call, (response) => {
          onDone(performance.now() - start)
          return response.Body.byteLength === 200 ? Effect.void : Effect.fail(new Error("unexpected response body"))
        })
      })
      return runtime.runPromise(repeat(count, concurrency, timed))
    },
    streams: (count, concurrency, EndpointName, part) => {
      const read = streamEndpoint({ EndpointName, ContentType, Body: "" }).pipe(
        Stream.runForEachChunk((parts) =>
          Effect.sync(() => {
            for (const { length } of parts) {
              part(length)
            }
          })
        )
      )
      return runtime.runPromise(repeat(count, concurrency, read))
    }
  }
}
