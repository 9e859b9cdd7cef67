/** This client, in its default Node layer unless `over` says otherwise. */
import { Effect, Layer, ManagedRuntime, Stream } from "effect"
import { invokeEndpoint, streamEndpoint } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { keys, region } from "./settings.js"

export const name = "effect-sagemaker-runtime"

const ContentType = "application/octet-stream"

const loops = (count, concurrency, once) => {
  let left = count
  const loop = Effect.whileLoop({ while: () => left-- > 0, body: () => once, step: () => {} })
  return Effect.forEach(Array.from({ length: Math.min(count, concurrency) }), () => loop, {
    concurrency: "unbounded",
    discard: true
  })
}

export const make = (url) => makeWith({ region, endpoint: url, credentials: keys, http: { proxy: false } })

export const makeWith = (options, around = Layer.empty) => {
  const runtime = ManagedRuntime.make(Layer.merge(NodeSageMaker.layer(options), around))
  return {
    close: () => runtime.dispose(),
    calls: (count, concurrency, Body, took) => {
      const call = invokeEndpoint({ EndpointName: "bench", ContentType, Body })
      const timed = Effect.suspend(() => {
        const start = performance.now()
        return Effect.flatMap(call, (answer) => {
          took(performance.now() - start)
          return answer.Body.byteLength === 200 ? Effect.void : Effect.fail(new Error("That is not the answer"))
        })
      })
      return runtime.runPromise(loops(count, concurrency, timed))
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
      return runtime.runPromise(loops(count, concurrency, read))
    }
  }
}
