/** Formats the results of a run as Markdown tables and compares them with the targets. */
import { ratio, spread } from "./statistics.js"

const names = {
  bare: "Effect with `fetch`",
  platform: "Effect with `HttpClient` on `fetch`",
  "ours-main": "effect-sagemaker-runtime, main entry",
  ours: "effect-sagemaker-runtime",
  "ours-fetch": "effect-sagemaker-runtime on `fetch`",
  "ours-traced": "effect-sagemaker-runtime with OpenTelemetry",
  undici: "undici with a minimal signer",
  aws4fetch: "`fetch` with aws4fetch",
  "aws-sdk-v2": "AWS SDK v2",
  "aws-sdk-v3": "AWS SDK v3"
}

const short = (number) => number.toLocaleString("en-US", { maximumSignificantDigits: 3 })

const ranged = (values) => {
  const { max, median, min } = spread(values)
  return values.length === 1 ? short(median) : `${short(median)} (${short(min)}–${short(max)})`
}

const table = (headings, rows) =>
  [headings, headings.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const nameOf = (client) => names[client] ?? `\`${client}\``

const byClient = (headings, results, cells) =>
  table(["client", ...headings], Object.entries(results).map(([client, values]) => [nameOf(client)].concat(cells(values))))

/** One row per client and one column per measurement. */
const sideBySide = (headings, columns) =>
  table(
    ["client", ...headings],
    Object.keys(columns[0]).map((client) => [nameOf(client)].concat(columns.map((values) => ranged(values[client]))))
  )

const cpuOf = (results) => Object.fromEntries(Object.entries(results).map(([client, { cpu }]) => [client, cpu]))

const target = (measurement, { max, median, min }, limit, unit = "") => [
  measurement,
  `${short(median)}${unit} (${short(min)}–${short(max)})`,
  `≤ ${short(limit)}${unit}`,
  median <= limit ? "met" : "not met"
]

const startAgainst = (results, other) => ratio(results.ours.millis, results[other].millis)

const startTargets = ({ bundled, imports, split, unbundled }) => [
  target("first response of a bundled program, relative to Effect with `fetch`", startAgainst(bundled, "bare"), 1.35),
  target("first response of a bundled program, relative to AWS SDK v3", startAgainst(bundled, "aws-sdk-v3"), 1.25),
  target("first response of a bundled program with code splitting, relative to Effect with `fetch`", startAgainst(split, "bare"), 1.35),
  target("first response of a bundled program with code splitting, relative to AWS SDK v3", startAgainst(split, "aws-sdk-v3"), 1.25),
  target("first response without a bundler, relative to Effect with `fetch`", startAgainst(unbundled, "bare"), 1.3),
  target("first response without a bundler, relative to Effect with `HttpClient`", startAgainst(unbundled, "platform"), 1.3),
  target("import of the main entry, without effect and HttpClient", spread(imports["effect-sagemaker-runtime"].millis), 30, " ms")
]

const targets = ({ bodies, calls, memory, sizes, startup, streams }) => {
  const cpu = (concurrency, client) => calls[concurrency][client].cpu
  const against = (concurrency, other) => ratio(cpu(concurrency, "ours"), cpu(concurrency, other))
  const part = (size, other = "aws-sdk-v3") => ratio(streams.parts[size].ours.cpu, streams.parts[size][other].cpu)
  return [
    target("CPU per call at concurrency 32, relative to AWS SDK v3", against(32, "aws-sdk-v3"), 0.25),
    target("CPU per call at concurrency 32, relative to AWS SDK v2", against(32, "aws-sdk-v2"), 0.6),
    target("CPU per call at concurrency 32, relative to undici with a minimal signer", against(32, "undici"), 2.1),
    target("CPU per call at concurrency 1,000, relative to undici with a minimal signer", against(1_000, "undici"), against(32, "undici").median),
    target("CPU per call on `fetch`, relative to `fetch` with aws4fetch", ratio(cpu(32, "ours-fetch"), cpu(32, "aws4fetch")), 1.1),
    target("CPU per call with OpenTelemetry, relative to no tracing", ratio(cpu(32, "ours-traced"), cpu(32, "ours")), 1.5),
    target("CPU per part of 64 B, relative to AWS SDK v3", part(64), 0.15),
    target("CPU per part of 64 B, relative to undici with a minimal signer", part(64, "undici"), 1.8),
    target("CPU per part of 16 KiB, relative to AWS SDK v3", part(16 * 1024), 0.77),
    target("CPU per body of 25 MiB, relative to undici with a minimal signer", ratio(bodies[25].ours.cpu, bodies[25].undici.cpu), 1.1),
    target("memory for a body of 25 MiB, without the body", spread(memory.body.ours), 25, " MiB"),
    target("memory of 1,000 open streams, relative to AWS SDK v3", ratio(memory.open.ours, memory.open["aws-sdk-v3"]), 1),
    ...startTargets(startup),
    target("bundle size added to an Effect application, `invokeEndpoint`", spread([sizes.onTop.anonymous]), 23, " kB"),
    target("bundle size added to an Effect application, all operations, signed", spread([sizes.onTop.all]), 30.5, " kB")
  ]
}

const callsTable = (results) =>
  byClient(["CPU, µs", "median latency, ms", "99th percentile latency, ms"], results, ({ cpu, p50, p99 }) => [
    ranged(cpu),
    ranged(p50),
    ranged(p99)
  ])

const startHeadings = ["unbundled", "bundled", "split"]

const startTable = (startup, times) =>
  sideBySide(startHeadings, startHeadings.map((way) =>
    Object.fromEntries(Object.entries(startup[way]).map(([program, measured]) => [program, measured[times]]))
  ))

/** The section on start times as Markdown. */
const startReport = (startup) =>
  [
    "## Start",
    "Import time and CPU time of an import, in ms. For this package, `effect` and `@effect/platform/HttpClient` are already loaded, and for `HttpClient`, `effect/Effect`:",
    table(
      ["module", "ms", "CPU, ms"],
      Object.entries(startup.imports).map(([module, { cpu, millis }]) => [`\`${module}\``, ranged(millis), ranged(cpu)])
    ),
    `In the first row, Node spends ${ranged(startup.resolved.millis)} ms on resolving the modules of Effect, which are already loaded.`,
    "Time from process start to the first response, in ms, of the programs in `bench/start`. They import by sub-paths, unless the name says otherwise. Bundles are made with esbuild and minified, as one file and with code splitting:",
    startTable(startup, "millis"),
    "CPU time of the same processes, in ms. Other work on the machine changes it less:",
    startTable(startup, "cpu")
  ].join("\n\n")

/** The report of `npm run bench -- startup`. */
export const startupReport = ({ machine, startup }) =>
  [
    `${machine}. ${startup.resolved.cpu.length} rounds. All programs run in each round. Cells contain the median of the rounds (minimum–maximum).`,
    table(["measurement", "result", "target", ""], startTargets(startup)),
    startReport(startup)
  ].join("\n\n")

/** The report as Markdown. */
export const report = (measured) => {
  const { bodies, calls, machine, memory, settings, sizes, startup, streams } = measured
  const callsTables = Object.entries(calls).map(([concurrency, results]) =>
    `Concurrency ${Number(concurrency).toLocaleString("en-US")}:\n\n${callsTable(results)}`
  )
  const bundles = Object.keys(sizes.alone).map((name) => [
    { anonymous: "`invokeEndpoint`, anonymous", one: "`invokeEndpoint`, signed", all: "all operations, signed", v3: "AWS SDK v3", aws4fetch: "aws4fetch" }[name],
    short(sizes.alone[name]),
    short(sizes.onTop[name])
  ])
  const cpuProfile = measured.profile === undefined ? [] : [
    "## CPU profile",
    "CPU time per call with a 1 KiB body at concurrency 32, in µs, by package. Sampling adds some time.",
    profileTable(measured.profile)
  ]
  return [
    `${machine}. ${settings.rounds} rounds. All clients run in each round. Cells contain the median of the rounds (minimum–maximum).`,
    "## Targets",
    "A ratio is calculated for each round. Cells contain the median of the ratios (minimum–maximum).",
    table(["measurement", "result", "target", ""], targets(measured)),
    "## Calls",
    `Request body of 1 KiB, response body of 200 bytes. ${settings.count.toLocaleString("en-US")} calls per round, after a warm-up of ${settings.warmUp.toLocaleString("en-US")} calls.`,
    ...callsTables,
    ...cpuProfile,
    "## Large bodies",
    "CPU time per call at concurrency 1, in ms:",
    sideBySide(["1 MiB", "25 MiB"], [bodies[1], bodies[25]].map((results) =>
      Object.fromEntries(Object.entries(cpuOf(results)).map(([client, cpu]) => [client, cpu.map((micros) => micros / 1_000)]))
    )),
    "## Streams",
    `CPU time per part, in µs, and time to the first part, in ms. ${settings.processes} sets of processes, two rounds each:`,
    sideBySide(["64 B", "16 KiB", "first part"], [
      cpuOf(streams.parts[64]),
      cpuOf(streams.parts[16 * 1024]),
      Object.fromEntries(Object.entries(streams.first).map(([client, { p50 }]) => [client, p50]))
    ]),
    "## Memory",
    "Largest growth of the process memory, in MiB:",
    sideBySide(["one body of 25 MiB, without the body", "1,000 open streams", `one stream of ${settings.stream.toLocaleString("en-US")} MiB`], [memory.body, memory.open, memory.long]),
    startReport(startup),
    "## Bundle",
    "Size for a browser, minified and gzipped, in kB:",
    table(["program", "alone", "added to an Effect application"], bundles)
  ].join("\n\n")
}

/** One row per package, sorted by the CPU time of the first client. */
const profileTable = (profile) => {
  const clients = Object.keys(profile)
  const packages = [...new Set(Object.values(profile).flatMap(Object.keys))]
  const rows = packages
    .map((name) => [name, clients.map((client) => profile[client][name] ?? 0)])
    .toSorted(([, a], [, b]) => b[0] - a[0])
  return table(["package", ...clients.map(nameOf)], rows.map(([name, micros]) => [name].concat(micros.map(short))))
}

const ratios = (work, results) =>
  Object.entries(results).map(([client, { cpu }]) => ({
    work,
    client: nameOf(client).replaceAll("`", ""),
    ratio: ratio(cpu, results.undici.cpu).median
  }))

/** The data of the plot: CPU time per call and per part, relative to undici with a minimal signer. */
export const bars = ({ calls, streams }) => [
  ...ratios("call of 1 KiB", calls[32]),
  ...ratios("part of 64 B", streams.parts[64]),
  ...ratios("part of 16 KiB", streams.parts[16 * 1024])
]
