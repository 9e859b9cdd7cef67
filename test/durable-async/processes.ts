/** Starts the programs of `examples/durable-async` as processes of their own. */
import { Effect } from "effect"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { type AddressInfo, createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { eventually } from "../support/eventually.ts"

export const root = fileURLToPath(new URL("../..", import.meta.url))
export const example = `${root}examples/durable-async`

/** Installs what the lockfile of the example names, and a copy of the package as it is built now. */
export const install = () => promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund"], { cwd: example })

export const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

interface Program {
  readonly output: () => string
  /** Waits until the output contains the text. */
  readonly prints: (text: string) => Effect.Effect<void>
  readonly exit: Effect.Effect<number | NodeJS.Signals | null>
  /** Sends a signal and waits until the process has ended. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<number | NodeJS.Signals | null>
}

const exitOf = (child: ChildProcess) =>
  Effect.async<number | NodeJS.Signals | null>((resume) => {
    const { exitCode, signalCode } = child
    if (exitCode !== null || signalCode !== null) {
      resume(Effect.succeed(exitCode ?? signalCode))
      return
    }
    child.once("close", (code, signal) => resume(Effect.succeed(code ?? signal)))
  })

const spawnProgram = (file: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Program => {
  const child = spawn(process.execPath, ["--import", "tsx", file, ...args], {
    cwd: example,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  const add = (text: Buffer) => {
    output += String(text)
  }
  child.stdout.on("data", add)
  child.stderr.on("data", add)
  const exit = exitOf(child)
  return {
    output: () => output,
    prints: (text) =>
      eventually(() => output.includes(text) || child.exitCode !== null, "100 seconds").pipe(
        Effect.ignore,
        Effect.filterOrDie(() => output.includes(text), () => new Error(`"${text}" was not printed:\n${output}`))
      ),
    exit,
    kill: (signal) => Effect.suspend(() => child.kill(signal) ? exit : exit)
  }
}

/** Runs a program of the example with `tsx`, in one process. The end of the scope kills it. */
export const start = (file: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawnProgram(file, args, env)),
    (program) => program.kill("SIGKILL")
  )
