import { Session } from "node:inspector/promises"
import { inTurn, withServer } from "/work/main/bench/processes.js"
const [name = "ours", conc = "32", n = "12000", bytes="1024"] = process.argv.slice(2)
await withServer(async (url) => {
  const c = (await import(`/work/main/bench/clients/${name}.js`)).make(url)
  const body = Buffer.alloc(+bytes, "b")
  await c.calls(10000, +conc, body, () => {})
  const s = new Session(); s.connect(); await s.post("Profiler.enable"); await s.post("Profiler.setSamplingInterval", { interval: 100 }); await s.post("Profiler.start")
  const cpu = process.cpuUsage()
  await c.calls(+n, +conc, body, () => {})
  const d = process.cpuUsage(cpu)
  const { profile } = await s.post("Profiler.stop")
  const nodes = new Map(profile.nodes.map((x) => [x.id, x]))
  const self = new Map(), pkg = new Map(); let tot = 0
  profile.samples.forEach((id, i) => { const f = nodes.get(id).callFrame, t = profile.timeDeltas[i]; if (f.functionName === "(idle)") return; tot += t
    const u = f.url.replace(/.*node_modules\//, "").replace(/.*work\/main\//, ""); const k = `${f.functionName} ${u.split("/").slice(-2).join("/")}:${f.lineNumber + 1}`; self.set(k, (self.get(k) ?? 0) + t)
    const g = u.startsWith("effect/") ? "effect" : u.startsWith("@effect") ? "@effect/platform" : u.startsWith("undici") ? "undici" : u.startsWith("dist") ? "ours" : u.startsWith("node:") ? "node" : f.functionName.startsWith("(") ? f.functionName : u === "" ? "native" : u; pkg.set(g, (pkg.get(g) ?? 0) + t) })
  console.log("cpu/call", (d.user + d.system) / n, "profiled/call", tot / n)
  console.log([...pkg].sort((a, b) => b[1] - a[1]).slice(0, 12).map(([k, v]) => (v / n).toFixed(1) + " " + k).join("\n"))
  console.log("--"); console.log([...self].sort((a, b) => b[1] - a[1]).slice(0, 60).map(([k, v]) => (v / n).toFixed(2) + " " + k).join("\n"))
  await c.close?.(); process.exit()
})
