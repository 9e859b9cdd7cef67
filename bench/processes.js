/** The processes of a run: the service, and one for each client. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const started = (file, args, options) =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ["ignore", "inherit", "inherit", "ipc"], ...options })

const told = async (child) => {
  const ended = new AbortController()
  const [message] = await Promise.race([
    once(child, "message", { signal: ended.signal }),
    once(child, "exit", { signal: ended.signal }).then(([code]) => {
      throw new Error(`A process of the benchmark ended with ${code}`)
    })
  ]).finally(() => ended.abort())
  return message
}

const closed = async (child) => {
  if (child.exitCode === null) {
    child.disconnect()
    await once(child, "exit")
  }
}

/** Runs with the service; it ends with it. */
export const withServer = async (use) => {
  const child = started("server.js", [])
  try {
    return await use((await told(child)).url)
  } finally {
    await closed(child)
  }
}

/** Runs with a client of each kind, each warm as long as it is used; they end with it. */
export const withClients = async (url, modules, use) => {
  const children = []
  try {
    const clients = await Promise.all(modules.map(async (module) => {
      const child = started("worker.js", [module, url], {
        env: { ...process.env, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1", NODE_NO_WARNINGS: "1" }
      })
      children.push(child)
      await told(child)
      const run = async (task, options) => {
        child.send({ task, ...options })
        const { error, result } = await told(child)
        if (error !== undefined) {
          throw new Error(error)
        }
        return result
      }
      return { module, run }
    }))
    return await use(clients)
  } finally {
    await Promise.all(children.map(closed))
  }
}

/** What clients give, round by round in turn: a list of results of each. */
export const inTurn = async (clients, rounds, task, optionsOf) => {
  const results = Object.fromEntries(clients.map(({ module }) => [module, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { module, run } of clients) {
      results[module].push(await run(task, optionsOf(module)))
    }
  }
  return results
}
