/** The measurements. Every result is a list with one value per round; the clients take turns within a round. */
import { inTurn, withClients } from "./processes.js"
import { sizes } from "./sizes.js"
import { importTime, resolveTime, ways, withPrograms } from "./startup.js"

/** All clients. In a quick run, only some of them run at every concurrency. */
export const allClients = ["ours", "ours-fetch", "ours-traced", "undici", "aws4fetch", "aws-sdk-v2", "aws-sdk-v3"]
const nodeClients = ["ours", "undici", "aws-sdk-v2", "aws-sdk-v3"]
const mebibyte = 1024 * 1024

const columns = (results, names) =>
  Object.fromEntries(
    Object.entries(results).map(([client, rounds]) => [
      client,
      Object.fromEntries(names.map((name) => [name, rounds.map((round) => round[name])]))
    ])
  )

/** CPU time and latency of a call with a 1 KiB body, by concurrency. */
export const calls = (url, { count, fullClients, rounds, warmUp }) =>
  withClients(url, allClients, async (clients) => {
    const full = clients.filter(({ module }) => fullClients.includes(module))
    const measured = {}
    const cases = [
      [32, clients, warmUp, count],
      [1, full, count / 5, count / 2],
      [1_000, full, count, Math.max(count, 1_000)]
    ]
    for (const [concurrency, selected, warmUpCount, roundCount] of cases) {
      const options = { bytes: 1024, concurrency }
      await inTurn(selected, 1, "calls", () => ({ ...options, count: warmUpCount }))
      const results = await inTurn(selected, rounds, "calls", () => ({ ...options, count: roundCount }))
      measured[concurrency] = columns(results, ["cpu", "p50", "p99"])
    }
    return measured
  })

/** CPU time of a call with a 1 KiB body at concurrency 32, by package. */
export const profile = (url, { count, warmUp }) =>
  withClients(url, ["ours", "ours-traced", "ours-fetch", "undici", "aws-sdk-v3"], async (clients) => {
    const options = { bytes: 1024, concurrency: 32 }
    await inTurn(clients, 1, "calls", () => ({ ...options, count: warmUp }))
    const results = await inTurn(clients, 1, "profile", () => ({ ...options, count }))
    return Object.fromEntries(Object.entries(results).map(([client, [byPackage]]) => [client, byPackage]))
  })

/** CPU time of a call with a large body. */
export const bodies = (url, { rounds, scale }) =>
  withClients(url, nodeClients, async (clients) => {
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
 * CPU time per part of a stream, by part size, and the time to the first part.
 *
 * Every two rounds run in new processes. Large parts are stored outside V8's heap. Whether V8 collects them early or late
 * is decided soon after the start of a process, and late collection doubles the CPU time of every client.
 */
export const streams = async (url, { processes, scale }) => {
  const kinds = [[64, 10_000 * scale], [16 * 1024, 500 * scale]]
  const measured = { parts: Object.fromEntries(kinds.map(([size]) => [size, {}])), first: {} }
  for (let turn = 0; turn < processes; turn++) {
    await withClients(url, nodeClients, async (clients) => {
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
    first: columns(measured.first, ["p50", "p99"])
  }
}

/** Growth of the process memory, in MiB. Every round runs in new processes, after small calls as a warm-up. */
export const memory = async (url, { processes, stream }) => {
  const cases = {
    body: ["bodyMemory", { bytes: 25 * mebibyte }],
    open: ["openStreams", { streams: 1_000, wait: 600 }],
    long: ["longStream", { parts: 64 * stream, size: 16 * 1024 }]
  }
  const measured = Object.fromEntries(
    Object.keys(cases).map((name) => [name, Object.fromEntries(nodeClients.map((client) => [client, []]))])
  )
  for (let round = 0; round < processes; round++) {
    await Promise.all(Object.entries(cases).map(([name, [task, options]]) =>
      withClients(url, nodeClients, async (clients) => {
        await inTurn(clients, 1, "calls", () => ({ bytes: 1024, concurrency: 1, count: 20 }))
        for (const [client, [{ mebibytes }]] of Object.entries(await inTurn(clients, 1, task, () => options))) {
          measured[name][client].push(mebibytes)
        }
      })
    ))
  }
  return measured
}

const effect = ["effect", "@effect/platform/HttpClient"]

/** Modules, and the modules that are loaded before them. */
const imports = {
  "effect-sagemaker-runtime": effect,
  "effect-sagemaker-runtime/InvokeEndpoint": effect,
  "effect-sagemaker-runtime/node": effect,
  "@effect/platform/HttpClient": ["effect/Effect"],
  "@aws-sdk/client-sagemaker-runtime": [],
  "aws-sdk": [],
  aws4fetch: []
}

/** The programs in `start/`. */
const programs = ["bare", "platform", "ours", "ours-main", "ours-fetch", "aws-sdk-v3", "aws-sdk-v2", "aws4fetch"]

const emptyLists = (names) => Object.fromEntries(names.map((name) => [name, { millis: [], cpu: [] }]))

const addTimes = (to, { cpu, millis }) => {
  to.millis.push(millis)
  to.cpu.push(cpu)
}

/** The time and the CPU time of an import, and from process start to the first response, in ms. */
export const startup = async (url, { starts }) => {
  const measured = { imports: emptyLists(Object.keys(imports)), resolved: { millis: [], cpu: [] } }
  for (const way of ways) {
    measured[way] = emptyLists(programs)
  }
  await withPrograms(programs, url, async (run) => {
    for (let round = 0; round < starts; round++) {
      for (const [module, loaded] of Object.entries(imports)) {
        addTimes(measured.imports[module], await importTime([module], loaded))
      }
      addTimes(measured.resolved, await resolveTime())
      for (const program of programs) {
        for (const way of ways) {
          addTimes(measured[way][program], await run(program, way))
        }
      }
    }
  })
  return measured
}

export { sizes }
