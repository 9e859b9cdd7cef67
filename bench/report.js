/** The report of a run: its tables, and which targets it meets. */
import { ratio, spread } from "./statistics.js"

const names = {
  ours: "effect-sagemaker-runtime",
  "ours-fetch": "effect-sagemaker-runtime over `fetch`",
  "ours-traced": "effect-sagemaker-runtime, traced by OpenTelemetry",
  undici: "undici, signed by hand",
  aws4fetch: "`fetch`, signed by aws4fetch",
  "aws-sdk-v2": "AWS SDK v2",
  "aws-sdk-v3": "AWS SDK v3"
}

const short = (number) => number.toLocaleString("en-US", { maximumSignificantDigits: 3 })

const ranged = (values) => {
  const { least, median, most } = spread(values)
  return values.length === 1 ? short(median) : `${short(median)} (${short(least)}–${short(most)})`
}

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const nameOf = (client) => names[client] ?? `\`${client}\``

const byClient = (head, results, cells) =>
  table(["client", ...head], Object.entries(results).map(([client, values]) => [nameOf(client)].concat(cells(values))))

/** Columns of several measurements that have the same clients. */
const sideBySide = (head, columns) =>
  table(
    ["client", ...head],
    Object.keys(columns[0]).map((client) => [nameOf(client)].concat(columns.map((values) => ranged(values[client]))))
  )

const cpuOf = (results) => Object.fromEntries(Object.entries(results).map(([client, { cpu }]) => [client, cpu]))

const target = (work, { least, median, most }, limit, unit = "") => [
  work,
  `${short(median)}${unit} (${short(least)}–${short(most)})`,
  `≤ ${short(limit)}${unit}`,
  median <= limit ? "met" : "not met"
]

const targets = ({ bodies, calls, memory, sizes, startup, streams }) => {
  const cpu = (concurrency, client) => calls[concurrency][client].cpu
  const against = (concurrency, other) => ratio(cpu(concurrency, "ours"), cpu(concurrency, other))
  const part = (size) => ratio(streams.parts[size].ours.cpu, streams.parts[size]["aws-sdk-v3"].cpu)
  return [
    target("CPU per call, concurrency 32, × AWS SDK v3", against(32, "aws-sdk-v3"), 0.25),
    target("… × AWS SDK v2", against(32, "aws-sdk-v2"), 0.6),
    target("… × undici, signed by hand", against(32, "undici"), 2.8),
    target("at concurrency 1,000, × undici, signed by hand", against(1_000, "undici"), against(32, "undici").median),
    target("over `fetch`, × `fetch` signed by aws4fetch", ratio(cpu(32, "ours-fetch"), cpu(32, "aws4fetch")), 1.1),
    target("traced by OpenTelemetry, × untraced", ratio(cpu(32, "ours-traced"), cpu(32, "ours")), 1.3),
    target("CPU per part of 64 B, × AWS SDK v3", part(64), 0.15),
    target("CPU per part of 16 KiB, × AWS SDK v3", part(16 * 1024), 0.77),
    target("CPU per body of 25 MiB, × undici, signed by hand", ratio(bodies[25].ours.cpu, bodies[25].undici.cpu), 1.1),
    target("memory of a body of 25 MiB beyond it", spread(memory.body.ours), 25, " MiB"),
    target("import of the main entry beyond effect and HttpClient", spread(startup.imports["effect-sagemaker-runtime"]), 30, " ms"),
    target("bundle on top of an app with Effect, `invokeEndpoint`", spread([sizes.onTop.anonymous]), 14, " kB"),
    target("bundle on top of an app with Effect, all operations signed", spread([sizes.onTop.all]), 18, " kB")
  ]
}

const callsTable = (results) =>
  byClient(["CPU, µs", "latency, ms", "latency of the slowest 1%, ms"], results, ({ cpu, half, most }) => [
    ranged(cpu),
    ranged(half),
    ranged(most)
  ])

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
  const whereItGoes = measured.profile === undefined ? [] : [
    "## Where the time goes",
    "CPU of a call of 1 KiB at concurrency 32, by the package it is spent in; sampling itself costs some.",
    profileTable(measured.profile)
  ]
  return [
    `${machine}. ${settings.rounds} rounds, clients in turn in each; cells are the median of the rounds (least–most).`,
    "## Targets",
    "Ratios are those of one round, and then their median, least and most.",
    table(["work", "measured", "target", ""], targets(measured)),
    "## Calls",
    `1 KiB there, 200 bytes back. ${settings.count.toLocaleString("en-US")} calls a round after ${settings.warmUp.toLocaleString("en-US")} of warm-up.`,
    ...callsTables,
    ...whereItGoes,
    "## Large bodies",
    "CPU per call, in ms, one at a time:",
    sideBySide(["1 MiB", "25 MiB"], [bodies[1], bodies[25]].map((results) =>
      Object.fromEntries(Object.entries(cpuOf(results)).map(([client, cpu]) => [client, cpu.map((micros) => micros / 1_000)]))
    )),
    "## Streams",
    `CPU per part, in µs, and the time to the first part, in ms; two rounds in each of ${settings.processes} sets of processes:`,
    sideBySide(["64 B", "16 KiB", "first part"], [
      cpuOf(streams.parts[64]),
      cpuOf(streams.parts[16 * 1024]),
      Object.fromEntries(Object.entries(streams.first).map(([client, { half }]) => [client, half]))
    ]),
    "## Memory",
    "How far a process grows at most, in MiB:",
    sideBySide(["one body of 25 MiB, beyond the body", "1,000 open streams", `one stream of ${settings.stream.toLocaleString("en-US")} MiB`], [memory.body, memory.open, memory.long]),
    "## Start",
    "Import, in ms; of this package beyond `effect` and `@effect/platform/HttpClient`:",
    table(["module", "ms"], Object.entries(startup.imports).map(([module, values]) => [`\`${module}\``, ranged(values)])),
    `Of the first, ${ranged(startup.found)} are Node's to find the modules of Effect it names, which are loaded already.`,
    "From the start of a process to its first answer, in ms; of this package with all of Effect:",
    sideBySide(["unbundled", "bundled"], [startup.unbundled, startup.bundled]),
    "## Bundle",
    "For a browser, minified and gzipped, in kB; the signer is loaded with its layer and not counted:",
    table(["program", "alone", "on top of an app with Effect"], bundles)
  ].join("\n\n")
}

/** Packages as rows, the busiest first. */
const profileTable = (profile) => {
  const clients = Object.keys(profile)
  const places = [...new Set(Object.values(profile).flatMap(Object.keys))]
  const rows = places
    .map((place) => [place, clients.map((client) => profile[client][place] ?? 0)])
    .toSorted(([, one], [, other]) => other[0] - one[0])
  return table(["µs a call", ...clients.map(nameOf)], rows.map(([place, micros]) => [place].concat(micros.map(short))))
}

const multiples = (work, results) =>
  Object.entries(results).map(([client, { cpu }]) => ({
    work,
    client: nameOf(client).replaceAll("`", ""),
    ratio: ratio(cpu, results.undici.cpu).median
  }))

/** What the plot shows: CPU per call and per part, as a multiple of the least there is. */
export const bars = ({ calls, streams }) => [
  ...multiples("call of 1 KiB", calls[32]),
  ...multiples("part of 64 B", streams.parts[64]),
  ...multiples("part of 16 KiB", streams.parts[16 * 1024])
]
