/** One client per process, so that clients do not share compiled code, memory or garbage collection. */
import { profiled } from "./profile.js"
import { quantile } from "./statistics.js"

const [module, url] = process.argv.slice(2)
const client = (await import(`./clients/${module}.js`)).make(url)

/** CPU time in µs. The work runs once before the measurement, because V8 frees memory and code while other clients run. */
const measured = async (count, work) => {
  await work(count)
  const cpu = process.cpuUsage()
  await work(count)
  const { system, user } = process.cpuUsage(cpu)
  return user + system
}

const mebibyte = 1024 * 1024

/** The largest growth of the process memory, in MiB. */
const memoryGrowth = async (work) => {
  const before = process.memoryUsage.rss()
  const { maxRSS } = process.resourceUsage()
  let peak = before
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const timer = setInterval(sample, 5)
  await work()
  sample()
  clearInterval(timer)
  const after = process.resourceUsage().maxRSS
  return { mebibytes: ((after > maxRSS ? Math.max(peak, after * 1024) : peak) - before) / mebibyte }
}

const counter = (size) => {
  let count = 0
  let bytes = 0
  return {
    part: (length) => {
      count += 1
      bytes += length
    },
    check: (expected) => {
      if (count !== expected || bytes !== expected * size) {
        throw new Error(`received ${count} parts with ${bytes} bytes in total, expected ${expected} parts of ${size} bytes`)
      }
    }
  }
}

const bodyOf = (bytes) => Buffer.alloc(bytes, "b")

const tasks = {
  /** CPU time per call in µs, and latency percentiles in ms. */
  calls: async ({ bytes, concurrency, count }) => {
    const body = bodyOf(bytes)
    let times = []
    const micros = await measured(count, (calls) => {
      times = []
      return client.calls(calls, concurrency, body, (millis) => times.push(millis))
    })
    times.sort((a, b) => a - b)
    return { cpu: micros / count, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
  },

  /** CPU time per call in µs, by package. */
  profile: async ({ bytes, concurrency, count }) => {
    const body = bodyOf(bytes)
    const byPackage = await profiled(() => client.calls(count, concurrency, body, () => {}))
    return Object.fromEntries(Object.entries(byPackage).map(([name, micros]) => [name, micros / count]))
  },

  /** CPU time per part in µs. */
  parts: async ({ parts, size, streams }) => {
    let seen
    const micros = await measured(streams, async (count) => {
      seen = counter(size)
      await client.streams(count, 1, `stream-${parts}-${size}-0`, seen.part)
      seen.check(parts * count)
    })
    return { cpu: micros / (parts * streams) }
  },

  /** Time from the call to the first of two parts, in ms; the server sends the second part later. */
  firstPart: async ({ count }) => {
    const times = []
    for (let call = 0; call < count; call++) {
      const start = performance.now()
      let first
      await client.streams(1, 1, "stream-2-64-5", () => (first ??= performance.now() - start))
      times.push(first)
    }
    times.sort((a, b) => a - b)
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
  },

  /** Memory of a call with a large body, without the body. */
  bodyMemory: ({ bytes }) => {
    const body = bodyOf(bytes)
    return memoryGrowth(() => client.calls(1, 1, body, () => {}))
  },

  /** Memory of many open streams. */
  openStreams: async ({ streams, wait }) => {
    const seen = counter(64)
    const growth = await memoryGrowth(() => client.streams(streams, streams, `stream-2-64-${wait}`, seen.part))
    seen.check(2 * streams)
    return growth
  },

  /** Memory of one long stream. */
  longStream: async ({ parts, size }) => {
    const seen = counter(size)
    const growth = await memoryGrowth(() => client.streams(1, 1, `stream-${parts}-${size}-0`, seen.part))
    seen.check(parts)
    return growth
  }
}

process.on("message", async ({ task, ...options }) => {
  try {
    process.send({ result: await tasks[task](options) })
  } catch (error) {
    process.send({ error: `${module}: ${error.stack}` })
  }
})
process.on("disconnect", () => process.exit())
process.send({ ready: true })
