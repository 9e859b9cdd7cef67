/**
 * CPU time of a call with telemetry, relative to a call without: `npm run bench:telemetry`.
 *
 * All variants take turns in one process. `--quick` runs fewer rounds; `--only=metrics,logs` runs some variants.
 */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Context, Effect, Layer, ManagedRuntime, Tracer } from "effect"
import { liveServices } from "effect/DefaultServices"
import { Credentials, invokeEndpoint, SageMakerRuntime, Signer, Telemetry } from "effect-sagemaker-runtime"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { withServer } from "./processes.js"
import { credentials, region } from "./clients/settings.js"
import { ratio } from "./statistics.js"

const isQuick = process.argv.includes("--quick")
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length).split(",")

const discardingExporter = {
  export: (_, exported) => exported({ code: 0 }),
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve()
}

const openTelemetry = NodeSdk.layer(() => ({
  resource: { serviceName: "bench" },
  spanProcessor: new BatchSpanProcessor(discardingExporter)
}))

/** Effect's own tracer. The client makes no spans for the tracer object itself, which discards them. */
const nativeTracer = Layer.suspend(() => {
  const tracer = Context.get(liveServices, Tracer.Tracer)
  return Layer.setTracer(Tracer.make({
    span: (...options) => tracer.span(...options),
    context: (...options) => tracer.context(...options)
  }))
})

const events = Layer.succeed(Telemetry.AttemptSpans, "events")

/** The layer of each variant, from the layer of a client. */
const variants = {
  "no telemetry": (client) => client,
  "metrics": (client) => client.pipe(Telemetry.metrics()),
  "logs, debug level disabled": (client) => client.pipe(Telemetry.logs()),
  "Effect's native tracer": (client) => Layer.merge(client, nativeTracer),
  "OpenTelemetry, attempts as spans": (client) => Layer.merge(client, openTelemetry),
  "OpenTelemetry, attempts as events": (client) => Layer.mergeAll(client, openTelemetry, events),
  "metrics and OpenTelemetry": (client) => Layer.merge(client.pipe(Telemetry.metrics()), openTelemetry)
}

const selected = Object.entries(variants).filter(([name], index) =>
  index === 0 || only === undefined || only.some((text) => name.includes(text))
)

const body = new Uint8Array(1024)

const inMemory = SageMakerRuntime.layer({ region }).pipe(
  Layer.provide(Signer.layer),
  Layer.provide([
    Credentials.layer(credentials),
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(body.subarray(0, 200))))
      )
    )
  ])
)

const loopback = (endpoint) => NodeSageMaker.layer({ region, endpoint, credentials, http: { proxy: false } })

const call = invokeEndpoint({ EndpointName: "bench", ContentType: "application/octet-stream", Body: body })

/** CPU time of this process per call, in microseconds. */
const measure = async (runtime, count, concurrency) => {
  globalThis.gc?.()
  const begin = process.cpuUsage()
  await runtime.runPromise(
    Effect.forEach(
      Array.from({ length: concurrency }),
      () => Effect.repeatN(call, Math.ceil(count / concurrency) - 1),
      { concurrency: "unbounded", discard: true }
    )
  )
  const { system, user } = process.cpuUsage(begin)
  return (system + user) / count
}

const rotated = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)]

const compare = async (title, client, { concurrency, count, rounds }) => {
  const runtimes = selected.map(([name, layer]) => ({ name, runtime: ManagedRuntime.make(layer(client)), times: [] }))
  for (let round = -2; round < rounds; round++) {
    for (const { runtime, times } of rotated(runtimes, round + 2)) {
      const time = await measure(runtime, count, concurrency)
      if (round >= 0) {
        times.push(time)
      }
    }
  }
  await Promise.all(runtimes.map(({ runtime }) => runtime.dispose()))
  const [{ times: references }] = runtimes
  console.log(`\n${title}: CPU time relative to a call without telemetry, median of ${rounds} rounds (minimum–maximum)`)
  for (const { name, times } of runtimes) {
    const { max, median, min } = ratio(times, references)
    const micros = ratio(times, times.map(() => 1)).median
    console.log(
      `${name.padEnd(36)} ${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})  ${micros.toFixed(0)} µs per call`
    )
  }
}

const rounds = isQuick ? 5 : 21

await compare("HttpClient in memory", inMemory, { concurrency: 1, count: 1_000, rounds })
await withServer((url) =>
  compare("Loopback server", loopback(url), { concurrency: 32, count: 1_000, rounds })
)
