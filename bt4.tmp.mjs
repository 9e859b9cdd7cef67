import { Effect, Layer, Tracer, ManagedRuntime } from "effect"
import { SageMakerRuntime, Signer, Credentials, invokeEndpoint, Telemetry } from "effect-sagemaker-runtime"
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { createServer } from "node:http"
import { NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Session } from "node:inspector/promises"
import { HttpClient, HttpClientResponse } from "@effect/platform"
const mode = process.argv[2]
const server = createServer((req, res) => { req.resume(); req.on("end", () => { res.setHeader("x-amzn-invoked-production-variant", "blue"); res.setHeader("x-amzn-requestid", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"); res.end("ok") }) })
await new Promise((r) => server.listen(0, r)); const url = "http://127.0.0.1:" + server.address().port
const client = SageMakerRuntime.layer({ region: "eu-west-1", endpoint: url }).pipe(Layer.provide([Layer.provide(Signer.layer, Credentials.layer({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" })), NodeHttpClient.layer()]))
const otel = NodeSdk.layer(() => ({ resource: { serviceName: "x" }, spanProcessor: new BatchSpanProcessor({ export: (s, cb) => cb({ code: 0 }), shutdown: async () => {} }) }))
const native = Layer.setTracer(Tracer.make({ span: (name, parent, context, links, startTime, kind) => ({ _tag: "Span", name, spanId: "0000000000000001", traceId: "00000000000000000000000000000001", parent, context, status: { _tag: "Started", startTime }, attributes: new Map(), links, sampled: true, kind, end() {}, attribute(k, v) { this.attributes.set(k, v) }, event() {}, addLinks() {} }), context: (f) => f() }))
const layer = mode === "off" ? client : Layer.merge(client, mode === "otel" ? otel : native)
const rt = ManagedRuntime.make(layer)
const program = (n) => Effect.replicateEffect(invokeEndpoint({ EndpointName: "llama", Body: "hello", ContentType: "text/plain" }), n, { discard: true })
const run = (n) => rt.runPromise(process.argv[3] === "noprop" ? HttpClient.withTracerPropagation(program(n), false) : program(n))
await run(3000)
const s = new Session(); s.connect(); await s.post("Profiler.enable"); await s.post("Profiler.start")
const c = process.cpuUsage()
const N = 8000
await run(N)
const d = process.cpuUsage(c)
const { profile } = await s.post("Profiler.stop")
const self = new Map(); const byId = new Map(profile.nodes.map((n) => [n.id, n]))
const files = new Map()
profile.samples.forEach((id, i) => { const n = byId.get(id); const f = n.callFrame.url.split("/").slice(-2).join("/"); const k = n.callFrame.functionName + " " + f + ":" + n.callFrame.lineNumber; self.set(k, (self.get(k) ?? 0) + profile.timeDeltas[i]); files.set(f || n.callFrame.functionName, (files.get(f || n.callFrame.functionName) ?? 0) + profile.timeDeltas[i]) })
console.log("==", mode, process.argv[3] ?? "", ((d.user + d.system) / N).toFixed(1), "us per call")
for (const [k, v] of [...files].sort((a, b) => b[1] - a[1]).slice(0, 14)) console.log((v / N).toFixed(2).padStart(7), k)

const timeOf = new Map(); profile.samples.forEach((id, i) => timeOf.set(id, (timeOf.get(id) ?? 0) + profile.timeDeltas[i]))
const inclusive = new Map()
const walk = (n, stack) => { const k = n.callFrame.functionName + " " + n.callFrame.url.split("/").slice(-2).join("/") + ":" + n.callFrame.lineNumber; const isNew = !stack.has(k); if (isNew) stack.add(k); let t = timeOf.get(n.id) ?? 0; for (const c of n.children ?? []) t += walk(byId.get(c), stack); if (isNew) { stack.delete(k); inclusive.set(k, (inclusive.get(k) ?? 0) + t) } return t }
walk(profile.nodes[0], new Set())
if (process.argv[4] === "2") for (const [k, v] of [...inclusive].filter(([k]) => /bundled|tracer|Tracer|HttpTrace|core-effect|fiberRefs/.test(k)).sort((a, b) => b[1] - a[1]).slice(0, 60)) console.log((v / N).toFixed(2).padStart(7), k)
if (process.argv[4] === "1") for (const [k, v] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log((v / N).toFixed(2).padStart(7), k)
await rt.dispose(); server.close()
