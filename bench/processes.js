/** The processes of a run: one for the server and one for each client. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const start = (file, args, options) =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ["ignore", "inherit", "inherit", "ipc"], ...options })

const nextMessage = async (child) => {
  const ended = new AbortController()
  const [message] = await Promise.race([
    once(child, "message", { signal: ended.signal }),
    once(child, "exit", { signal: ended.signal }).then(([code]) => {
      throw new Error(`A benchmark process exited with code ${code}`)
    })
  ]).finally(() => ended.abort())
  return message
}

const stop = async (child) => {
  if (child.exitCode === null) {
    child.disconnect()
    await once(child, "exit")
  }
}

/** Runs `use` with the URL of a server, and stops the server afterwards. */
export const withServer = async (use) => {
  const child = start("server.js", [])
  try {
    return await use((await nextMessage(child)).url)
  } finally {
    await stop(child)
  }
}

/** Runs `use` with one process per client, and stops the processes afterwards. */
export const withClients = async (url, modules, use) => {
  const children = []
  try {
    const clients = await Promise.all(modules.map(async (module) => {
      const child = start("worker.js", [module, url], {
        env: { ...process.env, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1", NODE_NO_WARNINGS: "1" }
      })
      children.push(child)
      await nextMessage(child)
      const run = async (task, options) => {
        child.send({ task, ...options })
        const { error, result } = await nextMessage(child)
        if (error !== undefined) {
          throw new Error(error)
        }
        return result
      }
      return { module, run }
    }))
    return await use(clients)
  } finally {
    await Promise.all(children.map(stop))
  }
}

/** Runs a task on each client in turn, for each round. Returns a list of results per client. */
export const inTurn = async (clients, rounds, task, optionsOf) => {
  const results = Object.fromEntries(clients.map(({ module }) => [module, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { module, run } of clients) {
      results[module].push(await run(task, optionsOf(module)))
    }
  }
  return results
}
