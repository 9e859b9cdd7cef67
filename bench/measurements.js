/** What is measured, each part with its clients in turn; every result is a list of one value for each round. */
import { inTurn, withClients } from "./processes.js"
import { sizes } from "./sizes.js"
import { findTime, firstCall, importTime, withBundles } from "./startup.js"

/** Every client; in a quick run, the others make their calls at one concurrency only. */
export const everyone = ["ours", "ours-fetch", "ours-traced", "undici", "aws4fetch", "aws-sdk-v2", "aws-sdk-v3"]
const ofNode = ["ours", "undici", "aws-sdk-v2", "aws-sdk-v3"]
const mebibyte = 1024 * 1024

const columns = (results, names) =>
  Object.fromEntries(
    Object.entries(results).map(([client, rounds]) => [
      client,
      Object.fromEntries(names.map((name) => [name, rounds.map((round) => round[name])]))
    ])
  )

/** CPU and latency of a call of 1 KiB, by concurrency. */
export const calls = (url, { count, everywhere, rounds, warmUp }) =>
  withClients(url, everyone, async (clients) => {
    const most = clients.filter(({ module }) => everywhere.includes(module))
    const measured = {}
    const work = [
      [32, clients, warmUp, count],
      [1, most, count / 5, count / 2],
      [1_000, most, count, Math.max(count, 1_000)]
    ]
    for (const [concurrency, callers, before, each] of work) {
      const options = { bytes: 1024, concurrency }
      await inTurn(callers, 1, "calls", () => ({ ...options, count: before }))
      const results = await inTurn(callers, rounds, "calls", () => ({ ...options, count: each }))
      measured[concurrency] = columns(results, ["cpu", "half", "most"])
    }
    return measured
  })

/** Where the CPU of a call of 1 KiB goes at concurrency 32, by package. */
export const profile = (url, { count, warmUp }) =>
  withClients(url, ["ours", "ours-traced", "ours-fetch", "undici", "aws-sdk-v3"], async (clients) => {
    const options = { bytes: 1024, concurrency: 32 }
    await inTurn(clients, 1, "calls", () => ({ ...options, count: warmUp }))
    const results = await inTurn(clients, 1, "profile", () => ({ ...options, count }))
    return Object.fromEntries(Object.entries(results).map(([client, [byPlace]]) => [client, byPlace]))
  })

/** CPU of a call with a large body. */
export const bodies = (url, { rounds, scale }) =>
  withClients(url, ofNode, async (clients) => {
    const measured = {}
    for (const [size, count] of [[1, 20 * scale], [25, 2 * scale]]) {
      const options = { bytes: size * mebibyte, concurrency: 1, count }
      await inTurn(clients, 2, "calls", () => options)
      measured[size] = columns(await inTurn(clients, rounds, "calls", () => options), ["cpu"])
    }
    return measured
  })

const add = (to, results) => {
  for (const [client, values] of Object.entries(results)) {
    to[client] = (to[client] ?? []).concat(values)
  }
}

/**
 * CPU of a part of a stream, by its size, and how long the first one takes.
 *
 * Every two rounds have processes of their own: whether V8 collects garbage for memory outside its heap, as large parts
 * are, soon or late is settled in a process's first moments, and doubles what a part of any client costs.
 */
export const streams = async (url, { processes, scale }) => {
  const kinds = [[64, 10_000 * scale], [16 * 1024, 500 * scale]]
  const measured = { parts: Object.fromEntries(kinds.map(([size]) => [size, {}])), first: {} }
  for (let turn = 0; turn < processes; turn++) {
    await withClients(url, ofNode, async (clients) => {
      for (const [size, parts] of kinds) {
        const options = { parts, size, streams: 2 }
        await inTurn(clients, 2, "parts", () => options)
        add(measured.parts[size], await inTurn(clients, 2, "parts", () => options))
      }
      await inTurn(clients, 1, "firstPart", () => ({ count: 20 }))
      add(measured.first, await inTurn(clients, 2, "firstPart", () => ({ count: 10 * scale })))
    })
  }
  return {
    parts: Object.fromEntries(kinds.map(([size]) => [size, columns(measured.parts[size], ["cpu"])])),
    first: columns(measured.first, ["half", "most"])
  }
}

/** How far a process grows, in MiB; every round has processes of its own, which have made a small call before. */
export const memory = async (url, { processes, stream }) => {
  const work = {
    body: ["bodyMemory", { bytes: 25 * mebibyte }],
    open: ["openStreams", { streams: 1_000, wait: 600 }],
    long: ["longStream", { parts: 64 * stream, size: 16 * 1024 }]
  }
  const measured = Object.fromEntries(
    Object.keys(work).map((name) => [name, Object.fromEntries(ofNode.map((client) => [client, []]))])
  )
  for (let round = 0; round < processes; round++) {
    await Promise.all(Object.entries(work).map(([name, [task, options]]) =>
      withClients(url, ofNode, async (clients) => {
        await inTurn(clients, 1, "calls", () => ({ bytes: 1024, concurrency: 1, count: 20 }))
        for (const [client, [{ mebibytes }]] of Object.entries(await inTurn(clients, 1, task, () => options))) {
          measured[name][client].push(mebibytes)
        }
      })
    ))
  }
  return measured
}

const before = ["effect", "@effect/platform/HttpClient"]

const imports = {
  "effect-sagemaker-runtime": before,
  "effect-sagemaker-runtime/InvokeEndpoint": before,
  "effect-sagemaker-runtime/node": before,
  "@aws-sdk/client-sagemaker-runtime": [],
  "aws-sdk": [],
  aws4fetch: []
}

const listed = (names) => Object.fromEntries(names.map((name) => [name, []]))

/** Milliseconds of imports, and of processes until their first answer. */
export const startup = async (url, { processes }) => {
  const starts = ["ours", "undici", "aws4fetch", "aws-sdk-v2", "aws-sdk-v3"]
  const measured = { imports: listed(Object.keys(imports)), found: [], unbundled: listed(starts), bundled: listed(starts) }
  await withBundles(starts, url, async (bundled) => {
    for (let round = 0; round < processes; round++) {
      for (const [module, others] of Object.entries(imports)) {
        measured.imports[module].push(await importTime(module, others))
      }
      measured.found.push(await findTime())
      for (const client of starts) {
        measured.unbundled[client].push(await firstCall(client, url))
        measured.bundled[client].push(await bundled(client))
      }
    }
  })
  return measured
}

export { sizes }
