/** Starts a private PostgreSQL server on a Unix socket, if this machine has the programs `initdb` and `postgres`. */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const hasProgram = (name: string) => spawnSync(name, ["--version"]).status === 0

const idOf = (user: string) => Number(spawnSync("id", ["-u", user], { encoding: "utf8" }).stdout)

/** PostgreSQL refuses to run as root. */
const account = (): { readonly uid?: number; readonly gid?: number } | undefined => {
  if (process.getuid?.() !== 0) {
    return {}
  }
  const uid = ["postgres", "nobody"].map(idOf).find((id) => id > 0)
  return uid === undefined ? undefined : { uid, gid: uid }
}

export const hasPostgres = hasProgram("initdb") && hasProgram("postgres") && account() !== undefined

export interface Postgres {
  readonly url: string
  readonly stop: () => Promise<void>
}

export const startPostgres = async (): Promise<Postgres> => {
  const folder = mkdtempSync(join(tmpdir(), "postgres-"))
  const data = join(folder, "data")
  const user = account()
  if (user?.uid !== undefined) {
    chownSync(folder, user.uid, user.uid)
  }
  const options = { ...user, cwd: folder }
  execFileSync("initdb", ["-D", data, "-A", "trust", "-U", "example", "-E", "UTF8", "--locale=C", "--no-sync"], options)
  const server = spawn("postgres", ["-D", data, "-k", folder, "-c", "listen_addresses="], { ...options, stdio: "pipe" })
  await new Promise<void>((resolve, reject) => {
    server.once("exit", () => reject(new Error("postgres did not start")))
    server.stderr.on("data", (text) => {
      if (String(text).includes("ready to accept connections")) {
        resolve()
      }
    })
  })
  return {
    url: `postgres://example@localhost/postgres?host=${folder}`,
    stop: async () => {
      const exit = once(server, "exit")
      server.kill("SIGINT")
      await exit
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
