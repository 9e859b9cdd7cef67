/** One client in a process of its own, so that no other's code, memory or garbage is measured with it. */
import { profiled } from "./profile.js"
import { quantile } from "./statistics.js"

const [module, url] = process.argv.slice(2)
const client = (await import(`./clients/${module}.js`)).make(url)

/** CPU in µs of so much work after as much again: while others have their turn, V8 gives up memory and code it wants back. */
const measured = async (count, work) => {
  await work(count)
  const cpu = process.cpuUsage()
  await work(count)
  const { system, user } = process.cpuUsage(cpu)
  return user + system
}

const mebibyte = 1024 * 1024

/** How far the process's memory grows at its most, in MiB. */
const grown = async (work) => {
  const before = process.memoryUsage.rss()
  const { maxRSS } = process.resourceUsage()
  let most = before
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss())
  }
  const timer = setInterval(look, 5)
  await work()
  look()
  clearInterval(timer)
  const after = process.resourceUsage().maxRSS
  return { mebibytes: ((after > maxRSS ? Math.max(most, after * 1024) : most) - before) / mebibyte }
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
        throw new Error(`${count} parts of ${bytes} bytes came, not ${expected}`)
      }
    }
  }
}

const bodyOf = (bytes) => Buffer.alloc(bytes, "b")

const tasks = {
  /** CPU of a call in µs, and how long one took in ms. */
  calls: async ({ bytes, concurrency, count }) => {
    const body = bodyOf(bytes)
    let times = []
    const micros = await measured(count, (calls) => {
      times = []
      return client.calls(calls, concurrency, body, (millis) => times.push(millis))
    })
    times.sort((a, b) => a - b)
    return { cpu: micros / count, half: quantile(times, 0.5), most: quantile(times, 0.99) }
  },

  /** Where the CPU of a call goes, in µs. */
  profile: async ({ bytes, concurrency, count }) => {
    const body = bodyOf(bytes)
    const byPlace = await profiled(() => client.calls(count, concurrency, body, () => {}))
    return Object.fromEntries(Object.entries(byPlace).map(([place, micros]) => [place, micros / count]))
  },

  /** CPU of a part in µs. */
  parts: async ({ parts, size, streams }) => {
    let seen
    const micros = await measured(streams, async (count) => {
      seen = counter(size)
      await client.streams(count, 1, `stream-${parts}-${size}-0`, seen.part)
      seen.check(parts * count)
    })
    return { cpu: micros / (parts * streams) }
  },

  /** From the call to the first of two parts, in ms; the second comes a while later. */
  firstPart: async ({ count }) => {
    const times = []
    for (let call = 0; call < count; call++) {
      const start = performance.now()
      let first
      await client.streams(1, 1, "stream-2-64-5", () => (first ??= performance.now() - start))
      times.push(first)
    }
    times.sort((a, b) => a - b)
    return { half: quantile(times, 0.5), most: quantile(times, 0.99) }
  },

  /** Memory that a call with a large body takes beyond the body. */
  bodyMemory: ({ bytes }) => {
    const body = bodyOf(bytes)
    return grown(() => client.calls(1, 1, body, () => {}))
  },

  /** Memory that so many streams take while all are open. */
  openStreams: async ({ streams, wait }) => {
    const seen = counter(64)
    const growth = await grown(() => client.streams(streams, streams, `stream-2-64-${wait}`, seen.part))
    seen.check(2 * streams)
    return growth
  },

  /** Memory that one long stream takes. */
  longStream: async ({ parts, size }) => {
    const seen = counter(size)
    const growth = await grown(() => client.streams(1, 1, `stream-${parts}-${size}-0`, seen.part))
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
