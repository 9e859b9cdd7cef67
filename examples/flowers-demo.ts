import { FetchHttpClient, HttpApiBuilder, HttpApiClient, HttpServer } from "@effect/platform"
import { Console, Effect, Layer } from "effect"
import type { Emulator } from "effect-sagemaker-runtime/testing"
import { serve } from "srvx"
import { emulated } from "./emulated.ts"
import { irisContainer } from "./flowers-container.ts"
import { Flowers, flowersLive } from "./flowers.ts"
import { paint, row } from "./terminal.ts"

const flowers = [
  { sepalLength: 5.1, sepalWidth: 3.5, petalLength: 1.4, petalWidth: 0.2 },
  { sepalLength: 6.9, sepalWidth: 3.1, petalLength: 5.7, petalWidth: 2.3 }
] as const

const serveFlowers = (container: Emulator.EmulatorEndpoint) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const service = Layer.provide(flowersLive, emulated(container))
      const api = HttpApiBuilder.toWebHandler(Layer.merge(service, HttpServer.layerContext))
      const server = await serve({
        fetch: (request) => api.handler(request),
        hostname: "127.0.0.1",
        port: 0,
        silent: true,
        gracefulShutdown: false
      }).ready()
      return { api, server, url: server.url! }
    }),
    ({ api, server }) => Effect.promise(() => server.close(true).then(api.dispose))
  )

const scoreOnce = (baseUrl: string) =>
  Effect.gen(function*() {
    const client = yield* HttpApiClient.make(Flowers, { baseUrl })
    const scores = yield* client.flowers.score({ payload: flowers })
    yield* Effect.forEach(scores, ({ probability, species }) => row(species, probability.toFixed(2)))
  }).pipe(Effect.provide(FetchHttpClient.layer))

const stopSignal = Effect.async<NodeJS.Signals>((resume) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => resume(Effect.succeed(signal)))
  }
})

const serveUntilStopped = (url: string) =>
  Effect.gen(function*() {
    yield* Console.log(
      "\nThe scoring API is running. Press Ctrl+C to stop it. Send it a request from another terminal:\n"
    )
    const command = `curl -s ${url}score -H 'content-type: application/json' -d '${JSON.stringify(flowers)}'`
    yield* Console.log(paint("cyan", command))
    yield* stopSignal
    yield* Console.log("\nStopped.")
  })

const once = process.argv.includes("--once")

await irisContainer.pipe(
  Effect.flatMap(serveFlowers),
  Effect.flatMap(({ url }) => (once ? scoreOnce(url) : serveUntilStopped(url))),
  Effect.scoped,
  Effect.runPromise
)
