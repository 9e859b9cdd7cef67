/** Where the CPU of a client's calls goes, by V8's own sampling. */
import { Session } from "node:inspector/promises"

const places = [
  [/node_modules\/(@effect\/opentelemetry|@opentelemetry)\//, "OpenTelemetry"],
  [/node_modules\/@effect\/platform\//, "@effect/platform"],
  [/node_modules\/effect\//, "effect"],
  [/node_modules\/@smithy\//, "@smithy"],
  [/node_modules\/(@aws|@aws-sdk)\//, "@aws-sdk"],
  [/node_modules\/undici\//, "undici"],
  [/\/dist\//, "this package"],
  [/^node:internal\/deps\/undici/, "Node's fetch"],
  [/^node:/, "Node"],
  [/^wasm:/, "HTTP parser"]
]

const placeOf = ({ functionName, url }) =>
  functionName === "(garbage collector)"
    ? "garbage collection"
    : places.find(([pattern]) => pattern.test(url))?.[1] ?? (url === "" ? "native: hashing, sockets, V8" : "the benchmark")

/** Microseconds by place while the work runs. */
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
  const byPlace = {}
  for (const [at, id] of profile.samples.entries()) {
    const frame = frames.get(id)
    // The profiler's own answer is a call of `dispatch`; idle time is nobody's.
    if (!["(idle)", "dispatch"].includes(frame.functionName) || frame.url !== "") {
      byPlace[placeOf(frame)] = (byPlace[placeOf(frame)] ?? 0) + profile.timeDeltas[at]
    }
  }
  return byPlace
}
