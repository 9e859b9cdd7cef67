/** Measures calls on one client against calls that build a client each, without and with a bundle of CA certificates. */
import { Effect, Layer, ManagedRuntime } from "effect"
import { NodeSageMaker } from "effect-sagemaker-runtime/node"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rootCertificates } from "node:tls"
import { score } from "./anomaly.ts"

const rounds = Number(process.env["ROUNDS"] ?? 50)

const server = createServer((request, response) => {
  request.resume().on("end", () => response.setHeader("content-type", "application/json").end("{\"score\":0.9}"))
})
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))

const folder = mkdtempSync(join(tmpdir(), "lifetime-"))
const bundle = join(folder, "certificates.pem")
writeFileSync(bundle, rootCertificates.join("\n"))

const live = Layer.suspend(() =>
  NodeSageMaker.layer({
    region: "eu-west-1",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" }
  })
)

const call = score({ cpu: 0.2, load: 17 })

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const measure = async (run: () => Promise<unknown>) => {
  const times: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop
    await run()
    times.push(performance.now() - start)
  }
  return `${median(times).toFixed(1)} ms`
}

const compare = async (name: string) => {
  const runtime = ManagedRuntime.make(live)
  await runtime.runPromise(call)
  const shared = await measure(() => runtime.runPromise(call))
  await runtime.dispose()
  const own = await measure(() => Effect.runPromise(Effect.provide(call, live)))
  console.log(`${name}: ${shared} per call on one client, ${own} with a client per call`)
}

delete process.env["AWS_CA_BUNDLE"]
await compare("warm-up")
await compare("default")
process.env["AWS_CA_BUNDLE"] = bundle
await compare(`AWS_CA_BUNDLE with ${rootCertificates.length} certificates`)

rmSync(folder, { recursive: true })
server.close()
server.closeAllConnections()
