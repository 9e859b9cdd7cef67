/** Client CPU per POST of 1 KiB, 200 bytes back, over three HTTP clients of Effect, in alternation in one run. */
import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient as PlatformHttpClient } from "@effect/platform-node"
import { Effect, ManagedRuntime } from "effect"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { fork } from "node:child_process"
import { once } from "node:events"
import { arch, cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { median, spread } from "./statistics.js"

const rounds = Number(process.env.ROUNDS ?? 9)
const callsPerRound = Number(process.env.CALLS ?? 5000)
const concurrency = 32

const server = fork(fileURLToPath(new URL("server.js", import.meta.url)))
const [{ url }] = await once(server, "message")

const clients = {
  "NodeHttpClient (undici's dispatch)": ManagedRuntime.make(NodeHttpClient.layer({ proxy: false })),
  "@effect/platform-node layerUndici": ManagedRuntime.make(PlatformHttpClient.layerUndici),
  "@effect/platform FetchHttpClient": ManagedRuntime.make(FetchHttpClient.layer)
}

const request = HttpClientRequest.post(`${url}/endpoints/bench/invocations`).pipe(
  HttpClientRequest.bodyUint8Array(Buffer.alloc(1024, "b"))
)
const calls = (count) =>
  Effect.flatMap(HttpClient.HttpClient, (http) => {
    const scoped = HttpClient.withTracerDisabledWhen(http, () => true)
    const call = Effect.flatMap(scoped.execute(request), (response) => response.arrayBuffer)
    return Effect.forEach(Array.from({ length: count }), () => call, { concurrency, discard: true })
  })

const cpuPerCall = async (client) => {
  const before = process.cpuUsage()
  await client.runPromise(calls(callsPerRound))
  const { system, user } = process.cpuUsage(before)
  return (user + system) / callsPerRound
}

for (const client of Object.values(clients)) {
  await client.runPromise(calls(8000))
}
const samples = Object.fromEntries(Object.keys(clients).map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, client] of Object.entries(clients)) {
    samples[name].push(await cpuPerCall(client))
  }
}
const first = median(Object.values(samples)[0])
console.log(
  `Node ${process.version}, ${arch()}, ${cpus()[0].model}; ${rounds} rounds of ${callsPerRound}, concurrency ${concurrency}`
)
console.table(
  Object.fromEntries(
    Object.entries(samples).map(([name, values]) => [name, {
      ...spread("µs CPU per call", values),
      ratio: Number((median(values) / first).toFixed(2))
    }])
  )
)
await Promise.all(Object.values(clients).map((client) => client.dispose()))
server.disconnect()
