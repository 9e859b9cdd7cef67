import { FetchHttpClient, HttpApiBuilder, HttpApiClient, HttpServer } from "@effect/platform"
import { Console, Effect, Layer } from "effect"
import { serve } from "srvx"
import { emulated } from "./emulated.ts"
import { deployIris } from "./flowers-container.ts"
import { Flowers, flowersLive } from "./flowers.ts"

const service = Layer.provide(flowersLive, emulated(deployIris))

const listening = Effect.acquireRelease(
  Effect.promise(async () => {
    const api = HttpApiBuilder.toWebHandler(Layer.merge(service, HttpServer.layerContext))
    const server = await serve({
      fetch: (request) => api.handler(request),
      hostname: "127.0.0.1",
      port: 0,
      silent: true
    }).ready()
    return { api, server, url: server.url! }
  }),
  ({ api, server }) => Effect.promise(() => server.close(true).then(api.dispose))
)

await Effect.gen(function*() {
  const { url } = yield* listening
  yield* Console.log(`POST ${url}score`)
  const { flowers } = yield* HttpApiClient.make(Flowers, { baseUrl: url })
  const scores = yield* flowers.score({
    payload: [
      { sepalLength: 5.1, sepalWidth: 3.5, petalLength: 1.4, petalWidth: 0.2 },
      { sepalLength: 6.0, sepalWidth: 2.7, petalLength: 4.9, petalWidth: 1.7 },
      { sepalLength: 6.9, sepalWidth: 3.1, petalLength: 5.7, petalWidth: 2.3 }
    ]
  })
  yield* Effect.forEach(scores, ({ probability, species }) => Console.log(`${species} ${probability.toFixed(2)}`))
}).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer), Effect.runPromise)
