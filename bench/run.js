/**
 * Runs the benchmarks: `npm run bench` writes docs/performance.md, `npm run bench -- --quick` prints within a minute, and
 * `npm run bench -- startup` prints the start times.
 */
import { readFile, writeFile } from "node:fs/promises"
import { arch, cpus, platform, totalmem } from "node:os"
import { allClients, bodies, calls, memory, profile, sizes, startup, streams } from "./measurements.js"
import { plot } from "./plot.js"
import { withServer } from "./processes.js"
import { bars, report, startupReport } from "./report.js"

const isQuick = process.argv.includes("--quick")
const settings = isQuick
  ? { count: 300, fullClients: ["ours", "undici", "aws-sdk-v2", "aws-sdk-v3"], processes: 1, rounds: 2, scale: 1, starts: 1, stream: 64, warmUp: 800 }
  : { count: 4_000, fullClients: allClients, processes: 5, rounds: 5, scale: 4, starts: 9, stream: 1_024, warmUp: 8_000 }

const versionOf = async (name) =>
  JSON.parse(await readFile(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")).version

const machine = `Node ${process.version} on ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0].model}, ` +
  `${Math.round(totalmem() / 2 ** 30)} GiB; effect ${await versionOf("effect")}, @effect/platform ${await versionOf("@effect/platform")}, ` +
  `undici ${await versionOf("undici")}, AWS SDK v3 ${await versionOf("@aws-sdk/client-sagemaker-runtime")}`

const parts = process.argv.includes("startup")
  ? [startup]
  : [...(isQuick ? [] : [profile]), sizes, startup, calls, bodies, streams, memory]

const measured = await withServer(async (url) => {
  const results = { machine, settings }
  for (const part of parts) {
    const start = performance.now()
    results[part.name] = await part(url, settings)
    process.stderr.write(`${part.name}: ${Math.round((performance.now() - start) / 1_000)} s\n`)
  }
  return results
})

const text = parts.length === 1 ? startupReport(measured) : report(measured)
console.log(text)

if (!isQuick && parts.length > 1) {
  const file = new URL("../docs/performance.md", import.meta.url)
  const [start, end] = ["<!-- measured -->", "<!-- /measured -->"]
  const written = await readFile(file, "utf8")
  const [prose, after] = [written.split(start)[0], written.split(end)[1]]
  await writeFile(file, `${prose}${start}\n\n${text}\n\n${end}${after}`)
  await writeFile(new URL("../docs/performance.svg", import.meta.url), await plot(bars(measured)))
}
