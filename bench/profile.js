/** CPU profile of a client, by package, from V8's sampling profiler. */
import { Session } from "node:inspector/promises"

const packages = [
  [/node_modules\/(@effect\/opentelemetry|@opentelemetry)\//, "OpenTelemetry"],
  [/node_modules\/@effect\/platform\//, "@effect/platform"],
  [/node_modules\/effect\//, "effect"],
  [/node_modules\/@smithy\//, "@smithy"],
  [/node_modules\/(@aws|@aws-sdk)\//, "@aws-sdk"],
  [/node_modules\/undici\/|\/dist\/(.*\/)?undici\.js$/, "undici"],
  [/\/dist\//, "this package"],
  [/^node:internal\/deps\/undici/, "Node's fetch"],
  [/^node:/, "Node"],
  [/^wasm:/, "HTTP parser"]
]

const packageOf = ({ functionName, url }) =>
  functionName === "(garbage collector)"
    ? "garbage collection"
    : packages.find(([pattern]) => pattern.test(url))?.[1] ?? (url === "" ? "native: hashing, sockets, V8" : "the benchmark")

/** Runs `work` and returns the CPU time per package in microseconds. */
export const profiled = async (work) => {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: 200 })
  await session.post("Profiler.start")
  await work()
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  const frames = new Map(profile.nodes.map(({ callFrame, id }) => [id, callFrame]))
  const byPackage = {}
  for (const [at, id] of profile.samples.entries()) {
    const frame = frames.get(id)
    // `dispatch` is the profiler's own work; idle time is not CPU time.
    if (!["(idle)", "dispatch"].includes(frame.functionName) || frame.url !== "") {
      byPackage[packageOf(frame)] = (byPackage[packageOf(frame)] ?? 0) + profile.timeDeltas[at]
    }
  }
  return byPackage
}
